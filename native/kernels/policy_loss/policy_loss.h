// A policy objective per completion token, and its gradient with respect to log-probabilities and entropies.
// Contract. p is the policy's probability of a token, A the advantage of its sequence, T its counted tokens:
//
//   r    = exp(log p - log p_old)                     by token; 1 without old_logp (gradient still that of r)
//   r    = exp(mean over the sequence of log p - log p_old)                                     by_sequence
//   kl   = the estimate of base/policy_objective.h, times r where that says so; 0 without ref_logp
//   loss = sum over tokens of weight * (surrogate(r, A, log p) + beta * kl) - entropy_weight * entropy
//
// The surrogate and the entropy's term are 0 at tokens whose entropy is below entropy_floor; the surrogate
// alone, where A < 0, all over a sequence whose mean of log p_old - log p is above off_policy_most.
//
// A token of weight 0 does not count: neither in T nor in any sum, and its slopes are 0. Weights say what is
// averaged over what, so micro-batches add up. Computed in double; too small to need a fast twin on the CPU.
// exp is not bounded but in kVespo: a loss that is not finite is the caller's to refuse. Deterministic.
//
// Sources: VQAThinker equations 2 and 3 (GRPO, Shao et al. 2024); one ratio for a sequence: GSPO, Zheng et
// al. 2025; cap: dual clip, Ye et al. 2020; kCispo: MiniMax-M1, Chen et al. 2025; kSapo: Gao et al. 2025;
// kVespo: VESPO 2026; estimators: Schulman 2020; its product with r: DeepSeek-V3.2, 2025, with the off-policy
// mask; tokens of most entropy: Wang et al. 2025.
#pragma once

#include <cstdint>

#include "base/policy_objective.h"

namespace vqat::kernels {

struct PolicyLoss {
  const float* logp;        // [tokens] policy
  const float* old_logp;    // [tokens] sampler, or null
  const float* ref_logp;    // [tokens] reference, or null: no KL term
  const float* entropy;     // [tokens] of the policy, or null: none in the loss, none measured
  const double* weights;    // [tokens]
  const int64_t* offsets;   // [sequences + 1], from 0 to tokens, not falling
  const float* advantages;  // [sequences]
  int64_t sequences;        // >= 0
  PolicyObjective objective;
  double entropy_floor;  // of tokens that learn; without entropies nothing is below it
};

// d(loss) with respect to each token's log-probability and entropy, [tokens], written.
struct PolicySlopes {
  float* logp;
  float* entropy;  // or null
};

// `sums` is added into; a caller zeroes it at the start of an update.
void policy_loss(const PolicyLoss& args, const PolicySlopes& slopes, PolicySums* sums);

// Device pointers, `sums` too, added into in a fixed order; `stream` is a cudaStream_t.
// Throws Error E_DEVICE when the launch fails.
void policy_loss_cuda(const PolicyLoss& args, const PolicySlopes& slopes, PolicySums* sums, void* stream);

}  // namespace vqat::kernels
