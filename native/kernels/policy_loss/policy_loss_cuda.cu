// Policy loss on CUDA: a single block, because an update has thousands of tokens, not millions, and the sums
// must be added in a fixed order. Threads stride over the tokens of one sequence after the other. Double
// throughout.
//
// On paper, H200: 20 bytes a token, and two exponentials in double, about 120 instructions at 64 a clock. For
// 64 sequences of 250 tokens that is 17 µs of arithmetic; a sequence is one turn of half the threads, about 1
// µs of latency, so 70 µs. An update takes seconds.
#include "kernels/cuda/device.cuh"
#include "kernels/policy_loss/policy_loss.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 512;

struct Term {
  double value, slope;  // with respect to logp
  bool clipped;
};

__device__ Term term_of(const TokenClip& clip, double ratio, double advantage) {
  const double held = fmin(fmax(ratio, 1 - clip.low), 1 + clip.high);
  if (held * advantage < ratio * advantage) return {-held * advantage, 0, true};
  return {-ratio * advantage, -ratio * advantage, false};
}

__global__ void __launch_bounds__(kThreads) loss(PolicyLoss args, float* coef, PolicySums* sums) {
  PolicySums mine;
  for (int64_t s = 0; s < args.sequences; ++s) {
    for (int64_t t = args.offsets[s] + threadIdx.x; t < args.offsets[s + 1]; t += kThreads) {
      const double logp = args.logp[t];
      const double weight = args.weights[t];
      const double ratio = args.old_logp ? exp(logp - args.old_logp[t]) : 1.0;
      Term term = term_of(args.surrogate, ratio, args.advantages[s]);
      if (args.ref_logp) {
        const double gap = args.ref_logp[t] - logp;
        const double kl = exp(gap) - gap - 1;
        term.value += args.beta * kl;
        term.slope += args.beta * (1 - exp(gap));
        mine.kl += weight * kl;
        mine.plain_kl += kl;
      }
      coef[t] = static_cast<float>(weight * term.slope);
      mine.loss += weight * term.value;
      mine.clipped += term.clipped ? 1 : 0;
      mine.ratio += ratio;
      mine.tokens += 1;
    }
  }
  const double loss_sum = block_reduce(mine.loss, Add());
  const double kl_sum = block_reduce(mine.kl, Add());
  const double plain_kl_sum = block_reduce(mine.plain_kl, Add());
  const double clipped_sum = block_reduce(mine.clipped, Add());
  const double ratio_sum = block_reduce(mine.ratio, Add());
  const double token_sum = block_reduce(mine.tokens, Add());
  if (threadIdx.x != 0) return;
  sums->loss += loss_sum;
  sums->kl += kl_sum;
  sums->plain_kl += plain_kl_sum;
  sums->clipped += clipped_sum;
  sums->ratio += ratio_sum;
  sums->tokens += token_sum;
}

}  // namespace

void policy_loss_cuda(const PolicyLoss& args, float* coef, PolicySums* sums, void* stream) {
  if (args.sequences == 0) return;
  launch("policy_loss", loss, 1, kThreads, stream, args, coef, sums);
}

}  // namespace vqat::kernels
