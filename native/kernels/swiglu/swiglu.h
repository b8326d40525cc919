// Gated activation of the language model's MLP, and its gradient. Contract and declarations.
//
//   y[m, i] = silu(gate_up[m, i]) * gate_up[m, width + i],   silu(a) = a / (1 + exp(-a))
//
// T is float or bfloat16, arithmetic is float32, rounded once (reference: double). All rows contiguous.
// No checks inside. Deterministic.
// Source: Shazeer 2020 (GLU variants).
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/impl.h"

namespace vqat::kernels {

template <class T>
struct SwigluForward {
  const T* gate_up;  // [rows, 2 * width]: gate columns, then up columns
  T* y;              // [rows, width]; no aliasing
  int64_t rows;      // >= 0
  int64_t width;     // >= 1
};

template <class T>
struct SwigluBackward {
  const T* dy;       // [rows, width]
  const T* gate_up;  // [rows, 2 * width]
  T* dgate_up;       // [rows, 2 * width], written; may be gate_up
  int64_t rows;
  int64_t width;
};

template <class T>
void swiglu_forward_ref(const SwigluForward<T>& args);
template <class T>
void swiglu_forward_cpu(const SwigluForward<T>& args);
template <class T>
void swiglu_backward_ref(const SwigluBackward<T>& args);
template <class T>
void swiglu_backward_cpu(const SwigluBackward<T>& args);

// Device pointers; `stream` is a cudaStream_t. Throws Error E_ARGUMENT for more rows than a grid has
// (2^31 - 1), E_DEVICE when the launch fails.
template <class T>
void swiglu_forward_cuda(const SwigluForward<T>& args, void* stream);
template <class T>
void swiglu_backward_cuda(const SwigluBackward<T>& args, void* stream);

template <class T>
void swiglu_forward(const SwigluForward<T>& args) {
  use_reference() ? swiglu_forward_ref(args) : swiglu_forward_cpu(args);
}
template <class T>
void swiglu_backward(const SwigluBackward<T>& args) {
  use_reference() ? swiglu_backward_ref(args) : swiglu_backward_cpu(args);
}

}  // namespace vqat::kernels
