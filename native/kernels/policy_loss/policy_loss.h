// A policy objective per completion token, and its gradient with respect to the log-probabilities. Contract.
//
//   r    = exp(logp - old_logp)                          1 without old_logp (gradient still that of r)
//   kl   = exp(ref_logp - logp) - (ref_logp - logp) - 1  0 without ref_logp
//   loss = sum over tokens of weight * (surrogate(r, A) + beta * kl)
//
// with A the advantage of the token's sequence. Weights say what is averaged over what, so micro-batches add
// up. A surrogate is a struct with its own settings; each twin computes it in one function. Computed in
// double; too small to need a fast twin on the CPU. exp is not bounded: a loss that is not finite is the
// caller's to refuse. Deterministic. Source: VQAThinker equations 2 and 3 (GRPO, Shao et al. 2024); KL
// estimator k3 (Schulman 2020).
#pragma once

#include <cstdint>

namespace vqat::kernels {

// The ratio of each token, clipped: -min(r * A, clip(r, 1 - low, 1 + high) * A).
struct TokenClip {
  double low;   // in [0, 1]
  double high;  // >= 0
};

struct PolicyLoss {
  const float* logp;        // [tokens] policy
  const float* old_logp;    // [tokens] sampler, or null
  const float* ref_logp;    // [tokens] reference, or null: no KL term
  const double* weights;    // [tokens]
  const int64_t* offsets;   // [sequences + 1], from 0 to tokens, not falling
  const float* advantages;  // [sequences]
  int64_t sequences;        // >= 0
  TokenClip surrogate;
  double beta;  // >= 0
};

// Added into; a caller zeroes it at the start of an update.
struct PolicySums {
  double loss = 0;      // weighted as above
  double kl = 0;        // weighted as the loss, without beta
  double plain_kl = 0;  // sum of kl over tokens, unweighted
  double clipped = 0;   // tokens whose minimum is the clipped branch, so that their surrogate gradient is 0
  double ratio = 0;     // sum of r over tokens
  double tokens = 0;
};

// coef: [tokens], written: d(loss)/d(logp). `sums`: one PolicySums.
void policy_loss(const PolicyLoss& args, float* coef, PolicySums* sums);

// Device pointers, `sums` too, added into in a fixed order; `stream` is a cudaStream_t.
// Throws Error E_DEVICE when the launch fails.
void policy_loss_cuda(const PolicyLoss& args, float* coef, PolicySums* sums, void* stream);

}  // namespace vqat::kernels
