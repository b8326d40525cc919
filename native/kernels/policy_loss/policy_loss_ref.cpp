// Policy loss as defined in policy_loss.h, in plain loops and double. The only CPU implementation.
#include <algorithm>
#include <cmath>

#include "kernels/policy_loss/policy_loss.h"

namespace vqat::kernels {
namespace {

struct Term {
  double value, slope;  // with respect to logp
  bool clipped;
};

Term term_of(const TokenClip& clip, double ratio, double advantage) {
  const double held = std::clamp(ratio, 1 - clip.low, 1 + clip.high);
  if (held * advantage < ratio * advantage) return {-held * advantage, 0, true};
  return {-ratio * advantage, -ratio * advantage, false};
}

}  // namespace

void policy_loss(const PolicyLoss& args, float* coef, PolicySums* sums) {
  for (int64_t s = 0; s < args.sequences; ++s) {
    for (int64_t t = args.offsets[s]; t < args.offsets[s + 1]; ++t) {
      const double logp = args.logp[t];
      const double weight = args.weights[t];
      const double ratio = args.old_logp ? std::exp(logp - args.old_logp[t]) : 1.0;
      Term term = term_of(args.surrogate, ratio, args.advantages[s]);
      if (args.ref_logp) {
        const double gap = args.ref_logp[t] - logp;
        const double kl = std::exp(gap) - gap - 1;
        term.value += args.beta * kl;
        term.slope += args.beta * (1 - std::exp(gap));
        sums->kl += weight * kl;
        sums->plain_kl += kl;
      }
      coef[t] = static_cast<float>(weight * term.slope);
      sums->loss += weight * term.value;
      sums->clipped += term.clipped;
      sums->ratio += ratio;
      sums->tokens += 1;
    }
  }
}

}  // namespace vqat::kernels
