// Smooth L1 of the pooled head's predictions, for pre-training the encoders.
#include "train/losses/loss.h"

namespace vqat::train {
namespace {

class Regression final : public Loss {
 public:
  explicit Regression(std::vector<float> targets) : targets_(std::move(targets)) {}

  bool reads_predictions() const override { return true; }

  void check_fits(const BatchSize& size, int64_t outputs) const override {
    check_count("targets", targets_.size(), size.groups * outputs);
  }

  at::Tensor slope(const Outputs& o) override {
    const auto total = static_cast<double>(targets_.size());
    const int64_t first = o.micro.first_group * o.values.size(1);
    const at::Tensor wanted = part(targets_, first, o.values.numel(), o.values).view_as(o.values);
    const at::Tensor error = o.values - wanted, size = error.abs();
    const at::Tensor loss = at::where(size < 1, 0.5 * error * error, size - 0.5);
    metrics_.loss += loss.sum(at::kDouble).item<double>() / total;
    const std::vector<float> predictions = host_values<float>(o.values);
    metrics_.predictions.insert(metrics_.predictions.end(), predictions.begin(), predictions.end());
    return error.clamp(-1, 1) / total;
  }

  Metrics metrics() const override { return metrics_; }

 private:
  const std::vector<float> targets_;
  Metrics metrics_;
};

}  // namespace

std::unique_ptr<Loss> regression_loss(std::vector<float> targets) {
  return std::make_unique<Regression>(std::move(targets));
}

}  // namespace vqat::train
