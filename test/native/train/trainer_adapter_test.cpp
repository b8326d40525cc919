// Low-rank adapters in the whole model: every linear layer's gradients by a law, and a step that trains them.
#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>

#include "../model/motion_cases.h"
#include "../model/random_model.h"
#include "base/error.h"
#include "train/prompt_probe.h"
#include "train/trainer.h"

namespace vqat::train {
namespace {

using model::testing::random_clip;
using model::testing::random_model;
using model::testing::relative_error;

// Eight image tokens (two frames of four) and some words; completions that share their first token.
GroupBatch batch_of(std::vector<std::vector<int32_t>> completions) {
  std::vector<int32_t> prompt{1, 2};
  prompt.insert(prompt.end(), 8, 31);
  prompt.insert(prompt.end(), {3, 4, 5});
  return {{{prompt, std::move(completions)}}, {random_clip()}};
}

class AdapterLaw : public ::testing::TestWithParam<bool> {};

// With y = x·Wᵀ, V = W + s·B·A in the place of W, the gradients follow from that of V: dA = s·Bᵀ·dV and
// dB = s·dV·Aᵀ. With magnitudes c·V is in the place of W, c = m / |V| taken for a constant: dV is c times as
// much, and dm the sum over a row of dW·V / |V|.
TEST_P(AdapterLaw, GradientsOfEveryLinearFollowFromItsWeights) {
  const bool magnitudes = GetParam();
  const auto adapted = random_model(1), merged = random_model(1);
  const double scale = 0.5;
  std::vector<std::string> names;
  adapted->each_linear([&](Linear& linear) { names.push_back(linear.weight->name); });
  ASSERT_EQ(names.size(), 1 + 3 * 4 + 2 + 2 * 4);
  for (const std::string& name : names) {
    at::Tensor& w = merged->parameters().get(name).value;
    const int64_t rows = w.size(0) / 2, first = w.size(0) / 4;
    const at::Tensor a = at::randn({3, w.size(1)}) / 8, b = at::randn({rows, 3}) / 8;
    const at::Tensor m = magnitudes ? at::rand({rows}) + 0.5 : at::Tensor();
    adapted->add_adapter(name, {first, a, b, scale, magnitudes, m});
    at::Tensor v = w.narrow(0, first, rows);
    v.add_(scale * at::mm(b, a));
    if (magnitudes) v.mul_((m / at::norm(v, 2, {1})).unsqueeze(1));
  }
  const GroupBatch batch = batch_of({});
  std::vector<int32_t> targets(batch.groups[0].prompt.size(), -100);
  std::iota(targets.end() - 3, targets.end(), 7);
  const Gradients found = prompt_gradients(*adapted, batch, targets);
  const Gradients expected = prompt_gradients(*merged, batch, targets);
  EXPECT_NEAR(found.loss, expected.loss, 1e-6);
  const auto gradient = [](const Gradients& all, const std::string& name) {
    for (const auto& [found, tensor] : all.gradients)
      if (found == name) return tensor;
    throw std::out_of_range(name);
  };
  adapted->each_linear([&](Linear& linear) {
    const Adapter& adapter = linear.adapters.at(0);
    const at::Tensor &a = adapter.a->value, &b = adapter.b->value;
    at::Tensor dw = gradient(expected, linear.weight->name).narrow(0, adapter.first_row, b.size(0));
    if (magnitudes) {
      const at::Tensor v =
          linear.weight->value.narrow(0, adapter.first_row, b.size(0)) + scale * at::mm(b, a);
      const at::Tensor dm = (dw * v).sum(1) / at::norm(v, 2, {1});
      EXPECT_LE(relative_error(gradient(found, adapter.magnitude->name), dm), 1e-5)
          << adapter.magnitude->name;
      dw = dw * adapter.gain().unsqueeze(1);
    }
    // Two float32 backwards of about two dozen products each; measured: 2.1e-6.
    EXPECT_LE(relative_error(gradient(found, adapter.a->name), scale * at::mm(b.t(), dw)), 1e-5)
        << adapter.a->name;
    EXPECT_LE(relative_error(gradient(found, adapter.b->name), scale * at::mm(dw, a.t())), 1e-5)
        << adapter.b->name;
  });
}

INSTANTIATE_TEST_SUITE_P(Kinds, AdapterLaw, ::testing::Bool());

TEST(AdapterTest, MergedTheyAreTheSameModelWithoutThem) {
  const auto model = random_model(6);
  const size_t before = model->parameters().in_order().size();
  const auto adapt = [&](const char* weight, int64_t first_row, int64_t rows, int64_t in, bool magnitudes) {
    model->add_adapter(weight, {first_row, at::randn({2, in}), at::randn({rows, 2}), 0.5, magnitudes,
                                magnitudes ? at::rand({rows}) + 0.5 : at::Tensor()});
  };
  adapt("vision.layers.0.attn.qkv.weight", 12, 12, 12, true);
  adapt("vision.layers.0.attn.qkv.weight", 24, 12, 12, true);
  adapt("vision.layers.1.mlp.fc1.weight", 0, 20, 12, false);
  const model::Clips clips{random_clip()};
  const at::Tensor adapted = model->encode(clips).tokens;
  model->merge_adapters();
  EXPECT_EQ(model->parameters().in_order().size(), before);
  model->each_linear([](const Linear& linear) { EXPECT_TRUE(linear.adapters.empty()); });
  // Products of sums for sums of products.
  EXPECT_LE(relative_error(model->encode(clips).tokens, adapted), 1e-5);
}

TEST(AdapterTest, MagnitudesBeginAsTheNormsOfTheirRowsAndChangeNothing) {
  const auto model = random_model(7);
  const model::Clips clips{random_clip()};
  const at::Tensor before = model->encode(clips).tokens;
  model->add_adapter("vision.layers.0.mlp.fc1.weight", {0, at::randn({2, 12}), at::zeros({20, 2}), 1, true});
  EXPECT_LE(relative_error(model->encode(clips).tokens, before), 1e-6);
}

TEST(AdapterTest, AStepTrainsThemAloneAgainstFeaturesWithoutThem) {
  const auto policy = random_model(2);
  policy->add_adapter("vision.layers.1.attn.qkv.weight",
                      {24, at::randn({4, 12}), at::randn({12, 4}), 0.5, true});
  std::vector<at::Tensor> before;
  for (const Parameter* p : policy->parameters().in_order()) before.push_back(p->value.clone());
  Trainer trainer(policy, {.trainable = {"adapters"}, .reference = true});
  const StepRequest request{.batch = batch_of({{6, 7, 8}, {6, 9}}),
                            .loss = policy_loss({1, -1}, {}, {.beta = 0.1}),
                            .weights = {1.0 / 6, 1.0 / 6, 1.0 / 6, 0.25, 0.25},  // the mean of means
                            .learning_rate = 0.1,
                            .max_grad_norm = 1};
  // Policy and reference differ in their features alone: with the policy's the divergence would be 0.
  EXPECT_GT(trainer.step(request, {}).metrics.kl, 1e-4);
  for (size_t i = 0; i < before.size(); ++i) {
    const Parameter& p = *policy->parameters().in_order()[i];
    EXPECT_EQ(at::equal(p.value, before[i]), !is_adapter(p.name)) << p.name;
  }
}

TEST(AdapterTest, FrozenOnesBelongToTheReference) {
  const auto policy = random_model(3);
  policy->add_adapter("vision.layers.0.mlp.fc1.weight",
                      {0, at::randn({4, 12}), at::randn({20, 4}), 0.5, true});
  Trainer trainer(policy, {.trainable = {"projector"}, .reference = true});
  EXPECT_FALSE(policy->encoder().trainable());  // so that the trainer uses one encoder's features for both
  const model::Clips clips{random_clip()};
  EXPECT_TRUE(at::equal(policy->encode(clips).tokens, policy->reference()->encode(clips).tokens));
}

TEST(AdapterTest, WhatDoesNotFitIsRefused) {
  const auto model = random_model(4);
  const auto add = [&](const char* weight, int64_t first_row, int64_t rows) {
    model->add_adapter(weight, {first_row, at::zeros({2, 12}), at::zeros({rows, 2}), 1});
  };
  EXPECT_THROW(add("language.embed.weight", 0, 4), Error);  // no linear layer: nothing would apply it
  EXPECT_THROW(add("vision.layers.0.attn.out.weight", 9, 4), Error);
  EXPECT_THROW(add("vision.layers.0.attn.out.weight", -1, 4), Error);
  add("vision.layers.0.attn.out.weight", 0, 4);
  EXPECT_THROW(add("vision.layers.0.attn.out.weight", 0, 4), Error);
  const auto with_magnitudes = [&](int64_t first_row, int64_t count) {
    model->add_adapter("vision.layers.0.attn.out.weight",
                       {first_row, at::zeros({2, 12}), at::zeros({4, 2}), 1, true, at::ones({count})});
  };
  EXPECT_THROW(with_magnitudes(2, 4), Error);  // whose norm would it be?
  EXPECT_THROW(with_magnitudes(4, 5), Error);
  with_magnitudes(4, 4);
}

}  // namespace
}  // namespace vqat::train
