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

  void gather(const MicroBatch& micro, int64_t outputs, Upload& upload) override {
    const auto first = static_cast<int64_t>(micro.first_group), clips = static_cast<int64_t>(micro.groups);
    upload.add(part(targets_, first * outputs, clips * outputs), &wanted_);
  }

  Slopes slope(const Outputs& o) override {
    const at::Tensor error = o.values - wanted_.view_as(o.values), size = error.abs();
    const at::Tensor loss = at::where(size < 1, 0.5 * error * error, size - 0.5);
    measured_.push_back(loss.sum(at::kDouble).view({1}));
    measured_.push_back(o.values.reshape({-1}).to(at::kDouble));
    return {error.clamp(-1, 1) / static_cast<double>(targets_.size())};
  }

  Metrics metrics() const override {
    const std::vector<double> all = host_values<double>(at::cat(measured_, 0));
    Metrics metrics;
    auto next = all.begin();
    for (size_t i = 0; i < measured_.size(); i += 2) {
      metrics.loss += *next++ / static_cast<double>(targets_.size());
      for (int64_t k = 0; k < measured_[i + 1].size(0); ++k)
        metrics.predictions.push_back(static_cast<float>(*next++));
    }
    return metrics;
  }

 private:
  const std::vector<float> targets_;
  at::Tensor wanted_;  // targets of a micro-batch
  // Sum of the loss, then the predictions, of each micro-batch so far: float64, on the device.
  std::vector<at::Tensor> measured_;
};

}  // namespace

std::unique_ptr<Loss> regression_loss(std::vector<float> targets) {
  return std::make_unique<Regression>(std::move(targets));
}

}  // namespace vqat::train
