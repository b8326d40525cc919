// The CUDA library's kernels as one table, so that the main library needs no CUDA symbol to link. No torch.
#pragma once

#include "kernels/cuda/launch_log.h"
#include "kernels/decode_attention/decode_attention.h"
#include "kernels/normalize/normalize.h"
#include "kernels/policy_loss/policy_loss.h"
#include "kernels/resize/resize.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/rope/rope.h"
#include "kernels/sample/sample.h"
#include "kernels/swiglu/swiglu.h"
#include "kernels/token_logprob/token_logprob.h"

namespace vqat::kernels {

// A row for each kernel that tensor/ops calls; null where CUDA has none. Device pointers in the arguments;
// `stream` is a cudaStream_t, null for the default one.
template <class T>
struct CudaKernels {
  void (*rms_norm_forward)(const RmsNormForward<T>&, void* stream) = nullptr;
  void (*rms_norm_backward)(const RmsNormBackward<T>&, float* scratch, void* stream) = nullptr;
  void (*rope)(const Rope<T>&, void* stream) = nullptr;
  void (*swiglu_forward)(const SwigluForward<T>&, void* stream) = nullptr;
  void (*swiglu_backward)(const SwigluBackward<T>&, void* stream) = nullptr;
  void (*token_logprob_begin)(const TokenLogprobState&, int64_t rows, void* stream) = nullptr;
  void (*token_logprob_forward_tile)(const TokenLogprobTile<T>&, const TokenLogprobState&,
                                     void* stream) = nullptr;
  void (*token_logprob_finish)(const TokenLogprobState&, const int32_t* targets, int64_t rows,
                               const TokenLogprobResult&, void* stream) = nullptr;
  void (*token_logprob_backward_tile)(const TokenLogprobTile<T>&, const TokenLogprobGradient&, T* dlogits,
                                      void* stream) = nullptr;
  void (*decode_attention)(const DecodeAttention<T>&, float* scratch, void* stream) = nullptr;
  void (*sample)(const Sample<T>&, void* scratch, void* stream) = nullptr;
  void (*policy_loss)(const PolicyLoss&, const PolicySlopes&, PolicySums* sums, void* stream) = nullptr;
  void (*resize)(const Resize&, void* stream) = nullptr;
  void (*normalize)(const Normalize<T>&, void* stream) = nullptr;
};

// Raised whenever a member or one of the argument structs changes.
constexpr int kCudaTableVersion = 6;

struct CudaTable {
  int version;
  CudaKernels<float> float32;
  CudaKernels<kernels::bfloat16> bfloat16;
  LaunchLog* launches;  // the library's own
};

// The exported names of the CUDA library, and their types. The second is the CUDA that it was compiled with,
// 13000 for 13.0, which says how new a driver must be; 0 when no driver is needed.
constexpr const char* kCudaTableSymbol = "vqat_cuda_table";
using CudaTableOf = const CudaTable*();
constexpr const char* kCudaVersionSymbol = "vqat_cuda_version";
using CudaVersionOf = int();

}  // namespace vqat::kernels
