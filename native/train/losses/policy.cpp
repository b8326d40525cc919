// Clipped ratios with a KL term: GRPO and its relatives.
#include "tensor/dispatch.h"
#include "train/losses/loss.h"

namespace vqat::train {
namespace {

class Policy final : public Loss {
 public:
  Policy(std::vector<float> advantages, std::vector<float> old_log_probs, kernels::TokenClip surrogate,
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
    at::Tensor coef = at::empty_like(o.values);
    kernels::policy_loss({.logp = data<float>(o.values),
                          .old_logp = old_log_probs_.empty() ? nullptr : &old_log_probs_[o.micro.first_token],
                          .ref_logp = beta_ > 0 ? data<float>(o.reference) : nullptr,
                          .weights = o.weights.data(),
                          .offsets = o.micro.offsets.data(),
                          .advantages = &advantages_[o.micro.first_sequence],
                          .sequences = o.micro.sequences(),
                          .surrogate = surrogate_,
                          .beta = beta_},
                         data<float>(coef), sums_);
    return coef;
  }

  Metrics metrics() const override {
    return {.loss = sums_.loss,
            .kl = sums_.kl,
            .clip_fraction = sums_.clipped / sums_.tokens,
            .ratio = sums_.ratio / sums_.tokens};
  }

 private:
  const std::vector<float> advantages_, old_log_probs_;
  const kernels::TokenClip surrogate_;
  const double beta_;
  kernels::PolicySums sums_;
};

}  // namespace

std::unique_ptr<Loss> policy_loss(std::vector<float> advantages, std::vector<float> old_log_probs,
                                  kernels::TokenClip surrogate, double beta) {
  return std::make_unique<Policy>(std::move(advantages), std::move(old_log_probs), surrogate, beta);
}

}  // namespace vqat::train
