// A linear layer y = x·Wᵀ + b with a written backward. Weights that do not train get no gradient work.
#pragma once

#include "tensor/parameter.h"

namespace vqat {

struct Linear {
  Parameter* weight = nullptr;  // [out, in]
  Parameter* bias = nullptr;    // [out] or nullptr

  // x [rows, in] → [rows, out]
  at::Tensor forward(const at::Tensor& x) const;

  // Adds to the weight's and bias's gradients where they train; returns dL/dx, or an undefined tensor when
  // `need_input` is false. dy [rows, out], x as in forward, undefined unless wants_input().
  at::Tensor backward(const at::Tensor& dy, const at::Tensor& x, bool need_input = true) const;

  bool trainable() const { return any_trains(weight, bias); }
  // Whether the backward reads x: a bias's gradient does without.
  bool wants_input() const { return weight->trainable(); }
};

// grad += aᵀ·b with a [rows, m], b [rows, n], grad [m, n] float32, whatever the dtype of a and b.
void add_outer(at::Tensor& grad, const at::Tensor& a, const at::Tensor& b);

// grad += rows summed; grad [n] float32, a [rows, n].
void add_row_sum(at::Tensor& grad, const at::Tensor& a);

}  // namespace vqat
