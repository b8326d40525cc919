// The only launch in the tree. A file of its own, so that a compiler without CUDA can be given another one.
#pragma once

#include <cuda_runtime.h>

#include "kernels/cuda/same_type.h"

namespace vqat::kernels {

// Starts a kernel on a stream (a cudaStream_t, null for the default one). `name` is the kernel's in messages.
template <class... P>
void start(const char* name, void (*kernel)(P...), dim3 grid, dim3 block, void* stream,
           const typename SameType<P>::Type&... args) {
  kernel<<<grid, block, 0, static_cast<cudaStream_t>(stream)>>>(args...);
}

}  // namespace vqat::kernels
