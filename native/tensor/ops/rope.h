// Rotary position embedding in place, and its inverse, which is its backward; the formula is in kernels/rope.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

// Rotates the first `heads` heads of each row of x [rows, columns] by row table_rows[row], int32 [rows], of
// the tables cos and sin, float32 [table rows, head width / 2].
void rope(at::Tensor& x, int64_t heads, const at::Tensor& table_rows, const at::Tensor& cos,
          const at::Tensor& sin, bool inverse);

}  // namespace vqat::ops
