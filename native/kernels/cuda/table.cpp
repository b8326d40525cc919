#include "kernels/cuda/table.h"

#ifndef VQAT_CUDA_VERSION
#define VQAT_CUDA_VERSION 0  // not compiled by nvcc
#endif

namespace vqat::kernels {
namespace {

template <class T>
constexpr CudaKernels<T> kernels_of() {
  return {.rms_norm_forward = rms_norm_forward_cuda<T>,
          .rms_norm_backward = rms_norm_backward_cuda<T>,
          .rope = rope_cuda<T>,
          .swiglu_forward = swiglu_forward_cuda<T>,
          .swiglu_backward = swiglu_backward_cuda<T>,
          .token_logprob_begin = token_logprob_begin_cuda,
          .token_logprob_forward_tile = token_logprob_forward_tile_cuda<T>,
          .token_logprob_finish = token_logprob_finish_cuda,
          .token_logprob_backward_tile = token_logprob_backward_tile_cuda<T>,
          .decode_attention = decode_attention_cuda<T>,
          .sample = sample_cuda<T>,
          .policy_loss = policy_loss_cuda,
          .normalize = normalize_cuda<T>};
}

constexpr CudaTable kTable{kCudaTableVersion, kernels_of<float>(), kernels_of<bfloat16>(), &launch_log};

}  // namespace
}  // namespace vqat::kernels

extern "C" __attribute__((visibility("default"))) const vqat::kernels::CudaTable* vqat_cuda_table() {
  return &vqat::kernels::kTable;
}

extern "C" __attribute__((visibility("default"))) int vqat_cuda_version() { return VQAT_CUDA_VERSION; }
