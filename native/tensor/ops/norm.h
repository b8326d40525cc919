// RMS normalisation over the last axis, forward and backward; the formula is in kernels/rms_norm.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

// x [rows, width] contiguous, weight [width] → like x. `rstd`, where asked for, becomes float32 [rows].
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::Tensor* rstd = nullptr);

// dL/dx. Adds dL/dweight to `dweight`, float32 [width], where that is defined.
at::Tensor rms_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight,
                             const at::Tensor& rstd, const at::Tensor& dweight);

}  // namespace vqat::ops
