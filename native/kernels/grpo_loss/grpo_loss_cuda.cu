// GRPO loss on CUDA: a single block, because an update has thousands of tokens, not millions, and the sums
// must be added in a fixed order. Threads stride over the tokens of one sequence after the other. Double
// throughout.
#include "kernels/cuda/device.cuh"
#include "kernels/grpo_loss/grpo_loss.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 512;

__global__ void loss(GrpoLoss args, float* coef, GrpoSums* sums) {
  GrpoSums mine;
  for (int64_t s = 0; s < args.sequences; ++s) {
    const int64_t begin = args.offsets[s];
    const int64_t end = args.offsets[s + 1];
    const double advantage = args.advantages[s];
    const double weight =
        1 / (static_cast<double>(args.sequence_count_total) * static_cast<double>(end - begin));
    for (int64_t t = begin + threadIdx.x; t < end; t += kThreads) {
      const double logp = args.logp[t];
      const double ratio = args.old_logp ? exp(logp - args.old_logp[t]) : 1.0;
      const double held = fmin(fmax(ratio, 1 - args.clip_low), 1 + args.clip_high);
      const bool clipped = held * advantage < ratio * advantage;
      double term = clipped ? -held * advantage : -ratio * advantage;
      double slope = clipped ? 0 : -ratio * advantage;
      if (args.ref_logp) {
        const double gap = args.ref_logp[t] - logp;
        const double kl = exp(gap) - gap - 1;
        term += args.beta * kl;
        slope += args.beta * (1 - exp(gap));
        mine.kl += weight * kl;
      }
      coef[t] = static_cast<float>(weight * slope);
      mine.loss += weight * term;
      mine.clipped += clipped ? 1 : 0;
      mine.ratio += ratio;
      mine.tokens += 1;
    }
  }
  const double loss_sum = block_reduce(mine.loss, Add());
  const double kl_sum = block_reduce(mine.kl, Add());
  const double clipped_sum = block_reduce(mine.clipped, Add());
  const double ratio_sum = block_reduce(mine.ratio, Add());
  const double token_sum = block_reduce(mine.tokens, Add());
  if (threadIdx.x != 0) return;
  sums->loss += loss_sum;
  sums->kl += kl_sum;
  sums->clipped += clipped_sum;
  sums->ratio += ratio_sum;
  sums->tokens += token_sum;
}

}  // namespace

void grpo_loss_cuda(const GrpoLoss& args, float* coef, GrpoSums* sums, void* stream) {
  if (args.sequences == 0) return;
  loss<<<1, kThreads, 0, as_stream(stream)>>>(args, coef, sums);
  check_launch("grpo_loss");
}

}  // namespace vqat::kernels
