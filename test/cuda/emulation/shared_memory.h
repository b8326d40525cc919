// Where the __shared__ memory of a module's kernels lies.
#pragma once

#include <cstddef>

namespace vqat::emulation {

struct SharedMemory {
  void* begin = nullptr;
  size_t bytes = 0;
  void fill(int byte) const;
};

// The thread-local memory of the library or program that `code` is in, of the calling thread. Empty under the
// sanitizers, where __shared__ is plain static memory.
SharedMemory shared_memory_of(const void* code);

}  // namespace vqat::emulation
