// Softmax attention through libtorch's flash operators, forward and backward.
// Layouts [batch, heads, length, width]; keys and values may have fewer heads (grouped queries).
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

// out like q; log_sum_exp [batch, heads, length] float32, natural log.
struct FlashResult {
  at::Tensor out;
  at::Tensor log_sum_exp;
};

FlashResult flash_forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, bool causal);

struct FlashGradients {
  at::Tensor q, k, v;
};

// With the out and log_sum_exp of a whole that these keys are one part of, gives this part's exact share:
// query gradients of the parts add up.
FlashGradients flash_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp,
                              bool causal);

// Joins two parts of one attention over disjoint keys.
FlashResult merge_parts(const FlashResult& a, const FlashResult& b);

}  // namespace vqat::ops
