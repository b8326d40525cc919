#include "kernels/cuda/table.h"

namespace vqat::kernels {
namespace {

template <class T>
constexpr CudaKernels<T> kernels_of() {
  return {rms_norm_forward_cuda<T>, rope_cuda<T>, swiglu_forward_cuda<T>, decode_attention_cuda<T>,
          sample_cuda<T>};
}

constexpr CudaTable kTable{kCudaTableVersion, kernels_of<float>(), kernels_of<bfloat16>()};

}  // namespace
}  // namespace vqat::kernels

extern "C" __attribute__((visibility("default"))) const vqat::kernels::CudaTable* vqat_cuda_table() {
  return &vqat::kernels::kTable;
}
