#include "emulation/shared_memory.h"

#include <link.h>

#include <cstdint>
#include <cstring>

#include "emulation/sanitizers.h"

// The dynamic linker's own; it gives a module's memory to a thread that has not touched it yet.
extern "C" void* __tls_get_addr(void*);

namespace vqat::emulation {
namespace {

struct Search {
  uintptr_t code;
  SharedMemory found;
};

int look_into(dl_phdr_info* module, size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  bool inside = false;
  size_t bytes = 0;
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = module->dlpi_phdr[i];
    const uintptr_t begin = module->dlpi_addr + part.p_vaddr;
    if (part.p_type == PT_LOAD && search.code >= begin && search.code < begin + part.p_memsz) inside = true;
    if (part.p_type == PT_TLS) bytes = part.p_memsz;
  }
  if (!inside) return 0;
  if (bytes > 0) {
    unsigned long index[2] = {module->dlpi_tls_modid, 0};
    search.found = {__tls_get_addr(index), bytes};
  }
  return 1;
}

}  // namespace

void SharedMemory::fill(int byte) const {
  if (bytes > 0) std::memset(begin, byte, bytes);
}

SharedMemory shared_memory_of(const void* code) {
  Search search{reinterpret_cast<uintptr_t>(code), {}};
  const bool sanitized = __asan_poison_memory_region || __tsan_acquire;
  if (!sanitized) dl_iterate_phdr(look_into, &search);
  return search.found;
}

}  // namespace vqat::emulation
