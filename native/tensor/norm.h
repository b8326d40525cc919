// Layer and RMS normalisation over the last axis with written backwards; statistics are float32.
#pragma once

#include "tensor/parameter.h"

namespace vqat {

// What a backward needs to know of its forward. `mean` is undefined for RMS.
struct NormSaved {
  at::Tensor mean;
  at::Tensor rstd;
};

// weight·(x − mean)/√(var + eps) + bias, or with rms weight·x/√(mean(x²) + eps) without bias.
struct Norm {
  Parameter* weight = nullptr;  // [width]
  Parameter* bias = nullptr;    // [width]; nullptr for RMS
  double eps = 0;
  bool rms = false;

  // x [rows, width] contiguous
  at::Tensor forward(const at::Tensor& x, NormSaved* saved = nullptr) const;
  // Returns dL/dx (undefined without need_input) and adds to the gradients of weight and bias where they
  // train.
  at::Tensor backward(const at::Tensor& dy, const at::Tensor& x, const NormSaved& saved,
                      bool need_input = true) const;

  bool trainable() const { return weight->trainable() || (bias && bias->trainable()); }
};

}  // namespace vqat
