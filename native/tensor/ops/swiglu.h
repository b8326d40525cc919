// The gated activation of the language model's MLP, forward and backward; the formula is in kernels/swiglu.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

// gate_up [rows, 2·width] contiguous, gate columns first → [rows, width]
at::Tensor swiglu(const at::Tensor& gate_up);
// dy [rows, width] → like gate_up
at::Tensor swiglu_backward(const at::Tensor& dy, const at::Tensor& gate_up);

}  // namespace vqat::ops
