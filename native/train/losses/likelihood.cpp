// Supervised answers: minus the weighted sum of their tokens' log-probabilities.
#include "train/losses/loss.h"

namespace vqat::train {
namespace {

class Likelihood final : public Loss {
 public:
  Slopes slope(const Outputs& o) override {
    const at::Tensor coef = o.weights.neg().to(at::kFloat);
    const at::Tensor loss = at::dot(coef.to(at::kDouble), o.values.to(at::kDouble));
    loss_ = loss_.defined() ? loss_ + loss : loss;
    return {coef};
  }

  Metrics metrics() const override { return {.loss = host_values<double>(loss_)[0]}; }

 private:
  at::Tensor loss_;  // float64, of the micro-batches so far
};

}  // namespace

std::unique_ptr<Loss> likelihood_loss() { return std::make_unique<Likelihood>(); }

}  // namespace vqat::train
