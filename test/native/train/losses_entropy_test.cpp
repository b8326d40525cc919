// Entropies of the policy's distributions in a step: their gradient through the whole model, and the floor
// that is taken over all micro-batches.
#include "text_batch.h"
#include "train/trainer.h"

namespace vqat::train {
namespace {

const std::vector<float> kAdvantages{1.5f, -0.7f, 0.9f};

StepResult step(Trainer& trainer, const PolicyObjective& objective, std::vector<float> old = {}) {
  const std::vector<double> ninth(9, 1.0 / 9);
  return trainer.step({.batch = text_batch(),
                       .loss = policy_loss(kAdvantages, std::move(old), objective),
                       .weights = ninth,
                       .temperature = 1.25},
                      {});
}

TEST(Entropy, GradientsMatchFiniteDifferences) {
  const auto model = text_model();
  // Ratios of sequences about e^0.1, between the clips; most of the slope comes from the entropies.
  std::vector<float> old = log_probs(*model, text_batch(), 1.25, 64, {});
  for (float& one : old) one -= 0.1f;
  Trainer trainer(model, {.trainable = {"language"}, .micro_tokens = 7});  // a group each
  for (const bool by_sequence : {false, true}) {
    const PolicyObjective objective{
        .by_sequence = by_sequence, .clip_low = 0.5, .clip_high = 0.5, .entropy_weight = 0.5};
    const auto loss = [&] { return step(trainer, objective, old).metrics.loss; };
    for (const char* name : {"language.embed.weight", "language.layers.0.attn.qkv.weight"}) {
      loss();
      const Parameter& p = model->parameters().get(name);
      const auto largest = p.grad.abs().argmax().item<int64_t>();
      const at::Tensor value = p.value.view({-1})[largest];
      const double slope = p.grad.view({-1})[largest].item<double>(), centre = value.item<double>();
      const auto at = [&](double x) { return value.fill_(centre + x), loss(); };
      const double found = (8 * (at(0.01) - at(-0.01)) - at(0.02) + at(-0.02)) / 0.12;
      value.fill_(centre);
      EXPECT_GT(std::abs(slope), 1e-3);
      EXPECT_NEAR(found, slope, 1e-5 * (1 + std::abs(slope))) << name;  // float32 sums over this step: 1e-6
    }
  }
}

TEST(Entropy, TheFloorIsThatOfTheWholeStep) {
  const auto whole_model = text_model(), parts_model = text_model();
  Trainer whole(whole_model, {.trainable = {"language"}}),
      parts(parts_model, {.trainable = {"language"}, .micro_tokens = 7});
  const PolicyObjective objective{.top_entropy = 0.4};
  const StepResult a = step(whole, objective), b = step(parts, objective), all = step(whole, {});
  EXPECT_NEAR(a.metrics.loss, b.metrics.loss, 1e-7);
  EXPECT_NEAR(a.grad_norm, b.grad_norm, 1e-5 * a.grad_norm);
  EXPECT_GT(std::abs(a.metrics.loss - all.metrics.loss), 1e-3);
  EXPECT_EQ(a.metrics.entropy, all.metrics.entropy);  // of all tokens
  EXPECT_GT(a.metrics.entropy, 0);
  // The term is a mean over the tokens that learn, whose entropies are above the mean of all.
  const PolicyObjective bonus{.entropy_weight = 0.5 / 9, .top_entropy = 0.4};
  const StepResult c = step(whole, bonus), d = step(parts, bonus);
  EXPECT_NEAR(c.metrics.loss, d.metrics.loss, 1e-7);
  EXPECT_GT(a.metrics.loss - c.metrics.loss, 0.5 * a.metrics.entropy + 1e-4);
}

}  // namespace
}  // namespace vqat::train
