// Root-mean-square normalisation of rows, and its gradient. Contract and declarations.
//
//   rstd[i] = 1 / sqrt(mean_j x[i, j]^2 + eps)
//   y[i, j] = round(x[i, j] * rstd[i]) * weight[j]          round: to the storage type T
//
// T is float or bfloat16; arithmetic and rstd are float32 (reference: double sums). Rows are contiguous.
// No checks inside. Deterministic, whatever the number of threads.
// Source: Zhang and Sennrich 2019; rounding before the weight as Qwen2 does.
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/impl.h"

namespace vqat::kernels {

template <class T>
struct RmsNormForward {
  const T* x;       // [rows, width]
  const T* weight;  // [width]
  T* y;             // [rows, width]; may be x
  float* rstd;      // [rows]; null when no backward follows
  int64_t rows;     // >= 0
  int64_t width;    // >= 1
  float eps;        // > 0
};

// dx is exact for the unrounded y; dweight uses the rounded x * rstd that y used.
template <class T>
struct RmsNormBackward {
  const T* dy;        // [rows, width]
  const T* x;         // [rows, width], the forward's input
  const T* weight;    // [width]
  const float* rstd;  // [rows], from the forward
  T* dx;              // [rows, width], written; may be dy
  float* dweight;     // [width], added into; null when the weight is frozen
  int64_t rows;
  int64_t width;
};

template <class T>
void rms_norm_forward_ref(const RmsNormForward<T>& args);
template <class T>
void rms_norm_forward_cpu(const RmsNormForward<T>& args);
template <class T>
void rms_norm_backward_ref(const RmsNormBackward<T>& args);
template <class T>
void rms_norm_backward_cpu(const RmsNormBackward<T>& args);

// How dweight's rows are shared out on CUDA: `count` parts of `rows` rows each, the last with what is left.
// By shape alone, so that sums have one order on every card.
struct RmsNormParts {
  int64_t rows, count;
};
inline RmsNormParts rms_norm_parts(int64_t rows, int64_t width) {
  constexpr int64_t kBlocks = 1056;  // wanted: 8 for each multiprocessor of an H200
  constexpr int64_t kColumns = 128;  // of a block
  constexpr int64_t kFewestRows = 32;
  const int64_t wanted = (rows * ((width + kColumns - 1) / kColumns) + kBlocks - 1) / kBlocks;
  const int64_t of_a_part = wanted < kFewestRows ? kFewestRows : wanted;
  return {of_a_part, (rows + of_a_part - 1) / of_a_part};
}
// Floats of scratch that the backward needs on CUDA where there is a dweight: a sum a part and column.
inline int64_t rms_norm_backward_scratch(int64_t rows, int64_t width) {
  return rms_norm_parts(rows, width).count * width;
}

// Device pointers; `scratch` may be null without dweight; `stream` is a cudaStream_t. Throws Error E_ARGUMENT
// for more rows than a grid has (2^31 - 1), E_DEVICE when the launch fails.
template <class T>
void rms_norm_forward_cuda(const RmsNormForward<T>& args, void* stream);
template <class T>
void rms_norm_backward_cuda(const RmsNormBackward<T>& args, float* scratch, void* stream);

template <class T>
void rms_norm_forward(const RmsNormForward<T>& args) {
  use_reference() ? rms_norm_forward_ref(args) : rms_norm_forward_cpu(args);
}
template <class T>
void rms_norm_backward(const RmsNormBackward<T>& args) {
  use_reference() ? rms_norm_backward_ref(args) : rms_norm_backward_cpu(args);
}

}  // namespace vqat::kernels
