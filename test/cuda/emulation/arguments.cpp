// Pointers in the arguments of kernels. The emulation would follow a host pointer happily; a card faults.
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "emulation/block.h"
#include "emulation/device_memory.h"

namespace vqat::emulation {
namespace {

// Where pointers of a program on 64-bit Linux lie; smaller words are sizes, or the shadow of a sanitizer that
// two counts side by side may hit.
constexpr uintptr_t kLowest = uintptr_t{1} << 45, kHighest = uintptr_t{1} << 47;

bool is_mapped(uintptr_t address) {
  constexpr uintptr_t kPage = 4096;
  unsigned char resident;
  return mincore(reinterpret_cast<void*>(address / kPage * kPage), 1, &resident) == 0;
}

}  // namespace

void check_words(const char* kernel, const void* argument, size_t bytes) {
  for (size_t at = 0; at + sizeof(uintptr_t) <= bytes; at += sizeof(uintptr_t)) {
    uintptr_t word;
    std::memcpy(&word, static_cast<const char*>(argument) + at, sizeof word);
    if (word < kLowest || word >= kHighest) continue;
    const auto* pointer = reinterpret_cast<const char*>(word);
    // An empty array may begin where an allocation ends.
    if (contains(pointer, 0)) continue;
    const char* what = is_device_address(pointer) ? "a pointer to device memory that is not allocated"
                       : is_mapped(word)          ? "a host pointer"
                                                  : nullptr;
    if (what)
      fail_without_thread(text(kernel, ": byte ", at, " of an argument is ", what), cudaErrorIllegalAddress);
  }
}

}  // namespace vqat::emulation
