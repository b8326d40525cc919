// Clipped ratios with a KL term: GRPO and its relatives.
#include "tensor/host.h"
#include "train/losses/loss.h"

namespace vqat::train {
namespace {

class Policy final : public Loss {
 public:
  Policy(std::vector<float> advantages, std::vector<float> old_log_probs, ops::TokenClip surrogate,
         double beta)
      : advantages_(std::move(advantages)),
        old_log_probs_(std::move(old_log_probs)),
        surrogate_(surrogate),
        beta_(beta) {}

  bool wants_reference() const override { return beta_ > 0; }

  void check_fits(const BatchSize& size, int64_t outputs) const override {
    check_count("advantages", advantages_.size(), size.sequences);
    if (!old_log_probs_.empty()) check_count("oldLogProbs", old_log_probs_.size(), size.tokens);
  }

  at::Tensor slope(const Outputs& o) override {
    const int64_t tokens = o.micro.tokens(), sequences = o.micro.sequences();
    const ops::PolicyTokens of{.log_probs = o.values,
                               .old_log_probs = old_log_probs_.empty()
                                                    ? at::Tensor()
                                                    : borrow(&old_log_probs_[o.micro.first_token], {tokens}),
                               .reference = o.reference,
                               .weights = borrow(o.weights.data(), {tokens}),
                               .offsets = borrow(o.micro.offsets.data(), {sequences + 1}),
                               .advantages = borrow(&advantages_[o.micro.first_sequence], {sequences})};
    return ops::policy_loss(of, surrogate_, beta_, sums_);
  }

  Metrics metrics() const override {
    const ops::PolicySums sums = ops::policy_sums_of(sums_);
    return {.loss = sums.loss,
            .kl = sums.kl,
            .clip_fraction = sums.clipped / sums.tokens,
            .ratio = sums.ratio / sums.tokens};
  }

 private:
  const std::vector<float> advantages_, old_log_probs_;
  const ops::TokenClip surrogate_;
  const double beta_;
  at::Tensor sums_ = ops::policy_sums_begin(at::kCPU);
};

}  // namespace

std::unique_ptr<Loss> policy_loss(std::vector<float> advantages, std::vector<float> old_log_probs,
                                  ops::TokenClip surrogate, double beta) {
  return std::make_unique<Policy>(std::move(advantages), std::move(old_log_probs), surrogate, beta);
}

}  // namespace vqat::train
