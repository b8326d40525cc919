// The memory of the emulated device: memory of this process that host code must not touch. It is closed
// (PROT_NONE) but for the time of a kernel or of a copy; fresh and freed memory holds settings().fill. One
// owner for the kernels' tests and for a device of libtorch's that stands in for a card.
//
// Guarded (default): every allocation ends at a page that is never there, up to 16 bytes of alignment, and
// freed addresses are not used again: what leaves an allocation or outlives it faults. For few allocations.
// Packed: one arena, opened and closed by one system call, with marked bytes behind every allocation. For
// thousands.
//
// All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "emulation/kernel_side.h"

namespace vqat::emulation {

// While nothing is allocated.
enum class MemoryKind { kGuarded, kPacked };
VQAT_EMULATION_API void use_memory(MemoryKind kind);

// Null when `bytes` do not fit below the limit, or are 0. Aligned to 16 bytes, packed to 512.
VQAT_EMULATION_API void* allocate(size_t bytes);
// What was wrong with it: it was none, or the bytes around it were written to. Empty when nothing was.
VQAT_EMULATION_API std::string deallocate(void* pointer);

// Whether these bytes lie in one allocation.
VQAT_EMULATION_API bool contains(const void* pointer, size_t bytes = 1);
// Whether an address is of the device, allocated or not.
VQAT_EMULATION_API bool is_device_address(const void* pointer);

// Host code may touch device memory between these two; they nest.
VQAT_EMULATION_API void open_memory();
VQAT_EMULATION_API void close_memory();
class MemoryAccess {
 public:
  MemoryAccess() { open_memory(); }
  ~MemoryAccess() { close_memory(); }
  MemoryAccess(const MemoryAccess&) = delete;
};

// Looks at the marked bytes around all allocations. Text of the first that was written to, or empty.
VQAT_EMULATION_API std::string damaged_guards();

// Bytes that may be allocated in all, 0 for no limit.
VQAT_EMULATION_API void set_memory_limit(size_t bytes);
struct MemoryUse {
  size_t bytes, peak, limit;  // as asked for; peak since the last reset_peak()
  size_t allocations;         // that are live
};
VQAT_EMULATION_API MemoryUse memory_use();
VQAT_EMULATION_API void reset_peak();

// Host accesses to closed memory end the process, with a backtrace. With `tolerated` (packed memory only)
// they are counted and printed, and memory stays open until it is closed the next time.
VQAT_EMULATION_API void tolerate_host_access(bool tolerated);
VQAT_EMULATION_API uint64_t host_accesses();

// Launches of kernels since the last reset, in all and by name.
VQAT_EMULATION_API uint64_t launches();
VQAT_EMULATION_API std::map<std::string, uint64_t> launches_by_name();
// The streams that they were given.
VQAT_EMULATION_API std::set<const void*> launch_streams();
VQAT_EMULATION_API void reset_launches();
void count_launch(const char* name, const void* stream);

}  // namespace vqat::emulation
