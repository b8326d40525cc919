// Clipped ratios with a KL term: GRPO and its relatives.
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

  void gather(const MicroBatch& micro, int64_t outputs, Upload& upload) override {
    if (!old_log_probs_.empty()) upload.add(part(old_log_probs_, micro.first_token, micro.tokens()), &old_);
    upload.add(std::span(micro.offsets), &offsets_);
    upload.add(part(advantages_, micro.first_sequence, micro.sequences()), &advantage_);
  }

  at::Tensor slope(const Outputs& o) override {
    if (!sums_.defined()) sums_ = ops::policy_sums(o.values.device());
    return ops::policy_loss({.log_probs = o.values,
                             .old_log_probs = old_,
                             .reference = o.reference,
                             .weights = o.weights,
                             .offsets = offsets_,
                             .advantages = advantage_,
                             .surrogate = surrogate_,
                             .beta = beta_},
                            sums_);
  }

  Metrics metrics() const override {
    const ops::PolicySums sums = ops::read_sums(sums_);
    return {.loss = sums.loss,
            .kl = sums.plain_kl / sums.tokens,
            .kl_term = sums.kl,
            .clip_fraction = sums.clipped / sums.tokens,
            .ratio = sums.ratio / sums.tokens};
  }

 private:
  const std::vector<float> advantages_, old_log_probs_;
  const ops::TokenClip surrogate_;
  const double beta_;
  at::Tensor old_, offsets_, advantage_;  // of a micro-batch, on the device
  at::Tensor sums_;                       // of the micro-batches so far
};

}  // namespace

std::unique_ptr<Loss> policy_loss(std::vector<float> advantages, std::vector<float> old_log_probs,
                                  ops::TokenClip surrogate, double beta) {
  return std::make_unique<Policy>(std::move(advantages), std::move(old_log_probs), surrogate, beta);
}

}  // namespace vqat::train
