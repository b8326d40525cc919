// What code of kernels, compiled as C++, calls of the emulation: the launch, a thread's place, barriers and
// warp operations. Every CUDA thread is a fiber; the blocks of a grid run one after another. A wrong use ends
// the kernel: cudaGetLastError() tells so, and the error's text says what, where and which thread.
#pragma once

#include <cstddef>
#include <type_traits>

#include "vector_types.h"

#define VQAT_EMULATION_API __attribute__((visibility("default")))

namespace vqat::emulation {

// threadIdx, blockIdx, blockDim and gridDim of the thread that runs.
struct Place {
  uint3 thread, block;
  dim3 threads, blocks;
};
extern VQAT_EMULATION_API const Place* place;

struct Site {
  const char* file;
  int line;
};

struct Launch {
  const char* name;
  dim3 grid, block;
  void (*thread)(const void* context);  // the kernel with its arguments, called once per thread
  const void* context;
  const void* stream;  // only noted: everything is done when a launch returns
};
VQAT_EMULATION_API void launch(const Launch& launch);

// Looks at every 8 bytes of a kernel's argument: a pointer must lead to device memory that is allocated.
VQAT_EMULATION_API void check_words(const char* kernel, const void* argument, size_t bytes);
template <class A>
void check_argument(const char* kernel, A argument) {
  static_assert(std::is_trivially_copyable_v<A>);
  __builtin_clear_padding(&argument);  // what was on the stack may look like a pointer
  check_words(kernel, &argument, sizeof argument);
}

// A rendezvous of the block. The number of threads that voted.
VQAT_EMULATION_API int barrier(bool vote, Site site);

// Rendezvous of the lanes in `mask`.
VQAT_EMULATION_API void warp_sync(unsigned mask, Site site);
VQAT_EMULATION_API unsigned ballot(unsigned mask, bool vote, Site site);
// Gives `bytes` (at most 16) of `value` to the others and takes those of lane `from` into `value`.
VQAT_EMULATION_API void exchange(unsigned mask, void* value, size_t bytes, int from, Site site);

VQAT_EMULATION_API int lane();
// The lane to read from within a section of `width` lanes: one outside of it gives a lane its own value back.
inline int within(int from, int width) {
  const int mine = lane(), first = mine / width * width;
  return from < first || from >= first + width ? mine : from;
}

template <class V>
V shuffle(unsigned mask, V value, int from, Site site) {
  static_assert(std::is_trivially_copyable_v<V> && sizeof(V) <= 16);
  exchange(mask, &value, sizeof value, from, site);
  return value;
}

}  // namespace vqat::emulation
