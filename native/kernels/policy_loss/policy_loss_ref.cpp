// Policy loss as defined in policy_loss.h, token after token, in double. The only CPU implementation.
#include "kernels/policy_loss/policy_loss.h"
#include "kernels/policy_loss/policy_loss_terms.h"

namespace vqat::kernels {

void policy_loss(const PolicyLoss& args, const PolicySlopes& slopes, PolicySums* sums) {
  const PolicyObjective& objective = args.objective;
  for (int64_t s = 0; s < args.sequences; ++s) {
    const int64_t begin = args.offsets[s], end = args.offsets[s + 1];
    const double advantage = args.advantages[s];
    SequenceTerms terms;
    if (reads_sequences(objective)) {
      SequenceSums seen;
      for (int64_t t = begin; t < end; ++t) look_at(args, t, seen);
      terms = sequence_terms(objective, seen, advantage);
    }
    const PolicySums before = *sums;
    for (int64_t t = begin; t < end; ++t) add_token(args, slopes, t, advantage, terms, *sums);
    add_sequence(objective, terms, advantage, sums->tokens - before.tokens, sums->low - before.low,
                 sums->high - before.high, *sums);
  }
}

}  // namespace vqat::kernels
