// A policy objective over completion tokens with its gradient; the formula is in kernels/policy_loss.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

// The ratio of each token, clipped to [1 - low, 1 + high].
struct TokenClip {
  double low;   // in [0, 1]
  double high;  // >= 0
};

// All on one device.
struct PolicyTokens {
  at::Tensor log_probs;      // float32 [tokens], the policy's
  at::Tensor old_log_probs;  // likewise, the sampler's; undefined: ratio 1
  at::Tensor reference;      // likewise, the reference's; undefined: no KL term
  at::Tensor weights;        // double [tokens]
  at::Tensor offsets;        // int64 [sequences + 1], from 0 to tokens
  at::Tensor advantages;     // float32 [sequences]
};

// Sums over the calls of an update, double [5] on the tokens' device, in the order of the names below.
struct PolicySums {
  double loss, kl, clipped, ratio, tokens;
};
at::Tensor policy_sums_begin(const at::Device& device);
PolicySums policy_sums_of(const at::Tensor& sums);

// d(loss)/d(log_probs), float32 [tokens]; adds to `sums`.
at::Tensor policy_loss(const PolicyTokens& tokens, const TokenClip& surrogate, double beta, at::Tensor& sums);

}  // namespace vqat::ops
