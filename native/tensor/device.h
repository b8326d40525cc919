// The only door to the CUDA library: opens it beside this one when a CUDA device is first asked for.
#pragma once

#include "kernels/cuda/table.h"
#include "tensor/torch_compat.h"

namespace vqat {

// E_UNAVAILABLE, with the reason, unless tensors can live and kernels run on this device: the CPU, or the
// first CUDA device (CUDA_VISIBLE_DEVICES chooses which one that is).
void check_device(const at::Device& device);

// E_UNAVAILABLE when the library is not there or of another version.
const kernels::CudaTable& cuda_table();

template <class T>
const kernels::CudaKernels<T>& cuda_kernels();
template <>
inline const kernels::CudaKernels<float>& cuda_kernels() {
  return cuda_table().float32;
}
template <>
inline const kernels::CudaKernels<kernels::bfloat16>& cuda_kernels() {
  return cuda_table().bfloat16;
}

}  // namespace vqat
