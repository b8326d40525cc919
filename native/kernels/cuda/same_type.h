// A kernel's argument converts to its parameter's type, which the kernel alone determines. No CUDA.
#pragma once

namespace vqat::kernels {

template <class V>
struct SameType {
  using Type = V;
};

}  // namespace vqat::kernels
