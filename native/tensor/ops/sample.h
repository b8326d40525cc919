// One token per row of logits, with its log-probability; the rule is in kernels/sample.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

struct SampleRule {
  double temperature = 1;  // 0: greedy
  int64_t top_k = 0;       // 0: all
  double top_p = 1;        // 1: all
};

struct Sampled {
  at::Tensor tokens;     // int32 [rows]; −1 where the logits are not finite or no token is left
  at::Tensor log_probs;  // float32 [rows]
};

// logits [rows, vocabulary], rows contiguous; uniforms double [rows] in [0, 1); banned byte [vocabulary],
// nonzero: never chosen.
Sampled sample(const at::Tensor& logits, const at::Tensor& uniforms, const at::Tensor& banned,
               const SampleRule& rule);

}  // namespace vqat::ops
