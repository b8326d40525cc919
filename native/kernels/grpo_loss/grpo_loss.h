// The GRPO objective per completion token, and its gradient with respect to the log-probabilities. Contract.
//
//   r      = exp(logp - old_logp)                          1 without old_logp (gradient still that of r)
//   kl     = exp(ref_logp - logp) - (ref_logp - logp) - 1  0 without ref_logp
//   term   = -min(r * A, clip(r, 1 - clip_low, 1 + clip_high) * A) + beta * kl
//   loss   = sum over sequences s and their tokens of term / (sequence_count_total * tokens of s)
//
// The mean over sequences of the mean over tokens: with sequence_count_total counting the sequences of the
// whole update, micro-batches add up. A sequence without tokens adds nothing. Computed in double; too small
// to need a fast twin on the CPU. exp is not bounded: a loss that is not finite is the caller's to refuse.
// Deterministic.
// Source: VQAThinker equations 2 and 3 (GRPO, Shao et al. 2024); KL estimator k3 (Schulman 2020).
#pragma once

#include <cstdint>

namespace vqat::kernels {

struct GrpoLoss {
  const float* logp;             // [tokens] policy
  const float* old_logp;         // [tokens] sampler, or null
  const float* ref_logp;         // [tokens] reference, or null: no KL term
  const int64_t* offsets;        // [sequences + 1], from 0 to tokens, not falling
  const float* advantages;       // [sequences]
  int64_t sequences;             // >= 0
  int64_t sequence_count_total;  // >= sequences, >= 1
  double clip_low;               // in [0, 1]
  double clip_high;              // >= 0
  double beta;                   // >= 0
};

// Added into; a caller zeroes it at the start of an update.
struct GrpoSums {
  double loss = 0;     // weighted as above
  double kl = 0;       // weighted as the loss, without beta
  double clipped = 0;  // tokens whose minimum is the clipped branch, so that their surrogate gradient is 0
  double ratio = 0;    // sum of r over tokens
  double tokens = 0;
};

// coef: [tokens], written: d(loss)/d(logp).
void grpo_loss(const GrpoLoss& args, float* coef, GrpoSums& sums);

// Device pointers, `sums` too (one GrpoSums, added into in a fixed order); `stream` is a cudaStream_t.
// Throws Error E_DEVICE when the launch fails.
void grpo_loss_cuda(const GrpoLoss& args, float* coef, GrpoSums* sums, void* stream);

}  // namespace vqat::kernels
