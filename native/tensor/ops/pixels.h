// Frames as bytes, and as the normalised planes that the encoders read; the formulas are in kernels/resize
// and kernels/normalize.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

// Bicubic resize of one RGB image: uint8 [height, width, 3] contiguous into `out`, the same with another
// size.
void resize(const at::Tensor& rgb, const at::Tensor& out);

// Chosen frames of uint8 [stored, S, S, 3] → [chosen, 3, S, S] of this dtype; `index` int32 [chosen], −1:
// zeros.
at::Tensor normalize(const at::Tensor& frames, const at::Tensor& index, at::ScalarType dtype);

}  // namespace vqat::ops
