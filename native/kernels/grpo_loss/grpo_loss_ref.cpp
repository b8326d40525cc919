// GRPO loss as defined in grpo_loss.h, in plain loops and double. The only CPU implementation.
#include <algorithm>
#include <cmath>

#include "kernels/grpo_loss/grpo_loss.h"

namespace vqat::kernels {

void grpo_loss(const GrpoLoss& args, float* coef, GrpoSums& sums) {
  for (int64_t s = 0; s < args.sequences; ++s) {
    const int64_t begin = args.offsets[s];
    const int64_t end = args.offsets[s + 1];
    const double advantage = args.advantages[s];
    const double weight =
        1.0 / (static_cast<double>(args.sequence_count_total) * std::max<int64_t>(end - begin, 1));
    for (int64_t t = begin; t < end; ++t) {
      const double logp = args.logp[t];
      const double ratio = args.old_logp ? std::exp(logp - args.old_logp[t]) : 1.0;
      const double held = std::clamp(ratio, 1 - args.clip_low, 1 + args.clip_high);
      const bool clipped = held * advantage < ratio * advantage;
      double loss = clipped ? -held * advantage : -ratio * advantage;
      double slope = clipped ? 0 : -ratio * advantage;
      if (args.ref_logp) {
        const double gap = args.ref_logp[t] - logp;
        const double kl = std::exp(gap) - gap - 1;
        loss += args.beta * kl;
        slope += args.beta * (1 - std::exp(gap));
        sums.kl += weight * kl;
      }
      coef[t] = static_cast<float>(weight * slope);
      sums.loss += weight * loss;
      sums.clipped += clipped;
      sums.ratio += ratio;
      sums.tokens += 1;
    }
  }
}

}  // namespace vqat::kernels
