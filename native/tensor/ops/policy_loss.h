// The policy loss over completion tokens, on the device that its tensors are on; the formulas are in
// kernels/policy_loss.
#pragma once

#include "base/policy_objective.h"
#include "tensor/torch_compat.h"

namespace vqat::ops {

struct PolicyLoss {
  at::Tensor log_probs;      // float32 [tokens]
  at::Tensor old_log_probs;  // float32 [tokens]; undefined: ratio 1
  at::Tensor reference;      // float32 [tokens]; undefined: no KL term
  at::Tensor entropy;        // float32 [tokens]; undefined: none in the loss, none measured
  at::Tensor weights;        // float64 [tokens]; 0: the token does not count
  at::Tensor offsets;        // int64 [sequences + 1]
  at::Tensor advantages;     // float32 [sequences]
  PolicyObjective objective;
  double entropy_floor;  // of tokens that learn
};

// What micro-batches add to, float64: zeros to begin with.
at::Tensor policy_sums(const at::Device& device);
PolicySums read_sums(const at::Tensor& sums);

// d(loss) with respect to log-probabilities and entropies, float32 [tokens]; the second is undefined where
// the objective has no entropy term.
struct PolicySlopes {
  at::Tensor log_probs, entropy;
};
PolicySlopes policy_loss(const PolicyLoss& args, const at::Tensor& sums);

}  // namespace vqat::ops
