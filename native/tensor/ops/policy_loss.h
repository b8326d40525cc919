// The policy loss over completion tokens, on the device that its tensors are on; the formula is in
// kernels/policy_loss.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

struct TokenClip {
  double low, high;
};

struct PolicyLoss {
  at::Tensor log_probs;      // float32 [tokens]
  at::Tensor old_log_probs;  // float32 [tokens]; undefined: ratio 1
  at::Tensor reference;      // float32 [tokens]; undefined: no KL term
  at::Tensor weights;        // float64 [tokens]
  at::Tensor offsets;        // int64 [sequences + 1]
  at::Tensor advantages;     // float32 [sequences]
  TokenClip surrogate;
  double beta;
};

// What micro-batches add to, float64: zeros to begin with.
struct PolicySums {
  double loss, kl, plain_kl, clipped, ratio, tokens;
};
at::Tensor policy_sums(const at::Device& device);
PolicySums read_sums(const at::Tensor& sums);

// d(loss)/d(log_probs), float32 [tokens].
at::Tensor policy_loss(const PolicyLoss& args, const at::Tensor& sums);

}  // namespace vqat::ops
