// The CUDA library's kernels of the scoring path as one table, so that the main library needs no CUDA symbol
// to link. No torch.
#pragma once

#include "kernels/decode_attention/decode_attention.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/rope/rope.h"
#include "kernels/sample/sample.h"
#include "kernels/swiglu/swiglu.h"

namespace vqat::kernels {

// Device pointers in the arguments; `stream` is a cudaStream_t, null for the default one.
template <class T>
struct CudaKernels {
  void (*rms_norm_forward)(const RmsNormForward<T>&, void* stream);
  void (*rope)(const Rope<T>&, void* stream);
  void (*swiglu_forward)(const SwigluForward<T>&, void* stream);
  void (*decode_attention)(const DecodeAttention<T>&, void* stream);
  void (*sample)(const Sample<T>&, float* scratch, void* stream);
};

// Raised whenever a member or one of the argument structs changes.
constexpr int kCudaTableVersion = 1;

struct CudaTable {
  int version;
  CudaKernels<float> float32;
  CudaKernels<kernels::bfloat16> bfloat16;
};

// The one exported name of the CUDA library, of this type.
constexpr const char* kCudaTableSymbol = "vqat_cuda_table";
using CudaTableOf = const CudaTable*();

}  // namespace vqat::kernels
