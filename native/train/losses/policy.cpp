// Advantages through ratios, with terms for divergence and entropy: GRPO and its relatives.
#include <algorithm>
#include <cmath>

#include "train/losses/loss.h"

namespace vqat::train {
namespace {

// The quantile of unsorted values between its two neighbours, q in [0, 1]; no value: nothing is below it.
double quantile(std::vector<float> values, double q) {
  if (values.empty()) return -PolicyObjective::kNone;
  for (const float value : values)
    if (std::isnan(value)) return value;  // has no place among the others
  std::sort(values.begin(), values.end());
  double place = q * static_cast<double>(values.size() - 1);
  // 1 - 0.7 is not 0.3: a place that is a value's is not to fall above it.
  if (std::abs(place - std::round(place)) < 1e-9) place = std::round(place);
  const auto below = static_cast<size_t>(place);
  const double part = place - static_cast<double>(below);
  if (part == 0) return values[below];
  return values[below] + part * (static_cast<double>(values[below + 1]) - values[below]);
}

double mean(double sum, double count, double of_none = 0) { return count > 0 ? sum / count : of_none; }

class Policy final : public Loss {
 public:
  Policy(std::vector<float> advantages, std::vector<float> old_log_probs, PolicyObjective objective)
      : advantages_(std::move(advantages)), old_log_probs_(std::move(old_log_probs)), objective_(objective) {}

  bool wants_reference() const override { return objective_.beta > 0; }
  bool wants_entropy() const override { return true; }
  bool surveys() const override { return objective_.top_entropy < 1; }

  void survey(const Outputs& o) override {
    entropies_.push_back(o.entropy);
    weights_.push_back(o.weights);
  }

  void check_fits(const BatchSize& size, int64_t outputs) const override {
    check_count("advantages", advantages_.size(), size.sequences);
    if (!old_log_probs_.empty()) check_count("oldLogProbs", old_log_probs_.size(), size.tokens);
  }

  void gather(const MicroBatch& micro, int64_t outputs, Upload& upload) override {
    if (!old_log_probs_.empty()) upload.add(part(old_log_probs_, micro.first_token, micro.tokens()), &old_);
    upload.add(std::span(micro.offsets), &offsets_);
    upload.add(part(advantages_, micro.first_sequence, micro.sequences()), &advantage_);
  }

  Slopes slope(const Outputs& o) override {
    if (!sums_.defined()) {
      sums_ = ops::policy_sums(o.values.device());
      if (surveys()) keep_most_entropy();
    }
    const auto slopes = ops::policy_loss({.log_probs = o.values,
                                          .old_log_probs = old_,
                                          .reference = o.reference,
                                          .entropy = o.entropy,
                                          .weights = o.weights,
                                          .offsets = offsets_,
                                          .advantages = advantage_,
                                          .objective = objective_,
                                          .entropy_floor = entropy_floor_},
                                         sums_);
    return {slopes.log_probs, slopes.entropy};
  }

  Metrics metrics() const override {
    const PolicySums sums = ops::read_sums(sums_);
    return {.loss = sums.loss,
            .kl = mean(sums.plain_kl, sums.tokens),
            .kl_term = sums.kl,
            .entropy = mean(sums.entropy, sums.tokens),
            .clip_fraction = mean(sums.low + sums.high, sums.ratios),
            .clip_low = mean(sums.low, sums.ratios),
            .clip_high = mean(sums.high, sums.ratios),
            .clip_low_least = sums.ratios > 0 ? 1 - sums.not_low_most : 0,
            .clip_high_most = sums.high_most,
            .ratio = mean(sums.ratio, sums.ratios, 1),
            .phi = mean(sums.phi, sums.sequences)};
  }

 private:
  // The floor of tokens that learn, whose mean entropy is the loss's term.
  void keep_most_entropy() {
    const std::vector<float> entropies = host_values<float>(at::cat(entropies_, 0));
    const std::vector<double> weights = host_values<double>(at::cat(weights_, 0));
    std::vector<float> counted;
    for (size_t t = 0; t < weights.size(); ++t)
      if (weights[t] != 0) counted.push_back(entropies[t]);
    entropy_floor_ = quantile(counted, 1 - objective_.top_entropy);
    const auto learning = std::count_if(counted.begin(), counted.end(),
                                        [&](float entropy) { return !(entropy < entropy_floor_); });
    if (learning > 0)
      objective_.entropy_weight *= static_cast<double>(counted.size()) / static_cast<double>(learning);
  }

  const std::vector<float> advantages_, old_log_probs_;
  PolicyObjective objective_;
  std::vector<at::Tensor> entropies_, weights_;  // surveyed, on the device
  double entropy_floor_ = -PolicyObjective::kNone;
  at::Tensor old_, offsets_, advantage_;  // of a micro-batch, on the device
  at::Tensor sums_;                       // of the micro-batches so far
};

}  // namespace

std::unique_ptr<Loss> policy_loss(std::vector<float> advantages, std::vector<float> old_log_probs,
                                  PolicyObjective objective) {
  return std::make_unique<Policy>(std::move(advantages), std::move(old_log_probs), objective);
}

}  // namespace vqat::train
