// A loss of another kind in the trainer's seam: one clipped ratio per sequence (GSPO, Zheng et al. 2025).
#include <cmath>

#include "tensor/dispatch.h"
#include "text_batch.h"
#include "train/trainer.h"

namespace vqat::train {
namespace {

const float kAdvantages[] = {1.5f, -0.7f, 0.9f};

// The sum of a sequence's weights times -min(s A, clip(s) A), s = exp of the mean log-ratio, clip 0.2.
struct SequenceRatio final : Loss {
  const std::vector<float>& old;
  Metrics sums = {};
  explicit SequenceRatio(const std::vector<float>& old_log_probs) : old(old_log_probs) {}
  Slopes slope(const Outputs& o) override {
    at::Tensor coef = at::zeros_like(o.values);
    for (int64_t s = 0; s < o.micro.sequences(); ++s) {
      const int64_t begin = o.micro.offsets[s], length = o.micro.offsets[s + 1] - begin;
      double gap = 0, weight = 0;
      for (int64_t t = begin; t < begin + length; ++t) {
        gap += (data<float>(o.values)[t] - old[o.micro.first_token + t]) / length;
        weight += data<double>(o.weights)[t];
      }
      const double gain = kAdvantages[o.micro.first_sequence + s], free = std::exp(gap) * gain;
      const double held = std::clamp(std::exp(gap), 0.8, 1.2) * gain;
      sums.loss -= weight * std::min(free, held);
      if (free <= held) coef.narrow(0, begin, length).fill_(-weight * free / length);
    }
    return {coef};
  }
  Metrics metrics() const override { return sums; }
};

TEST(SequenceRatio, GradientsMatchFiniteDifferences) {
  const auto model = text_model();
  std::vector<float> old = log_probs(*model, text_batch(), 1, 64, {});
  for (size_t t = 0; t < old.size(); ++t) old[t] += t < 3 ? -0.5f : 0.1f;  // the first sequence is clipped
  Trainer trainer(model, {.trainable = {"language"}, .micro_tokens = 7});  // a group each
  const auto loss = [&] {
    auto loss = std::make_unique<SequenceRatio>(old);
    const std::vector<double> ninth(old.size(), 1.0 / 9);
    return trainer.step({.batch = text_batch(), .loss = std::move(loss), .weights = ninth}, {}).metrics.loss;
  };
  for (const char* name : {"language.embed.weight", "language.layers.0.attn.qkv.weight"}) {
    loss();
    const Parameter& p = model->parameters().get(name);
    const auto largest = p.grad.abs().argmax().item<int64_t>();
    const at::Tensor value = p.value.view({-1})[largest];
    const double slope = p.grad.view({-1})[largest].item<double>(), centre = value.item<double>();
    const auto at = [&](double x) { return value.fill_(centre + x), loss(); };
    const double found = (8 * (at(0.01) - at(-0.01)) - at(0.02) + at(-0.02)) / 0.12;
    EXPECT_NEAR(found, slope, 1e-5) << name;  // float32 sums over this step: 1e-6
  }
}

}  // namespace
}  // namespace vqat::train
