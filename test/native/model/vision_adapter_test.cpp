// Low-rank adapters on the vision tower alone, against torch's autograd of W + scale·B·A in the same tower.
#include <gtest/gtest.h>

#include <map>

#include "motion_cases.h"
#include "random_model.h"

namespace vqat::model::testing {
namespace {

using Rows = std::tuple<std::string, int64_t, int64_t>;  // a weight, its first adapted row, how many

// `lowest` is the first block that the backward has to reach.
void expect_autograd(const std::vector<Rows>& adapted, size_t lowest) {
  const auto policy = random_model(1), plain = random_model(1);
  const Clips clips{random_clip(), random_clip()};
  const at::Tensor before = policy->encode(clips).tokens;  // kept by the encoder, which must forget them
  std::map<std::string, at::Tensor> leaves;
  for (const auto& [name, first, count] : adapted) {
    at::Tensor& w = plain->parameters().get(name).value;
    const std::string at = name + '.' + std::to_string(first);
    const at::Tensor a = leaves[at + ".lora_a"] = (at::randn({4, w.size(1)}) / 4).requires_grad_();
    const at::Tensor b = leaves[at + ".lora_b"] = (at::randn({count, 4}) / 4).requires_grad_();
    policy->add_adapter(name, {first, a.detach(), b.detach(), 0.5});
    w = w + at::constant_pad_nd(0.5 * at::mm(b, a), {0, 0, first, w.size(0) - first - count});
  }
  for (const auto& [name, leaf] : leaves) policy->parameters().get(name).grad = at::zeros(leaf.sizes());

  ModelSaved saved;
  const at::Tensor features = policy->encode(clips, &saved).tokens, expected = plain->encode(clips).tokens;
  const at::Tensor grad = at::randn(expected.sizes());
  expected.backward(grad);
  policy->encoder().backward(grad, {}, saved.encoder);
  // float32 sums of up to a few hundred terms in another order; measured: 1.1e-6
  EXPECT_LE(relative_error(features, expected.detach()), 1e-5);
  for (const auto& [name, leaf] : leaves)
    EXPECT_LE(relative_error(policy->parameters().get(name).grad, leaf.grad()), 1e-5) << name;
  const auto& blocks = saved.encoder.vision.at(0).saved.blocks;
  for (size_t i = 0; i < blocks.size(); ++i) EXPECT_EQ(blocks[i].input.defined(), i >= lowest) << i;

  EXPECT_TRUE(at::equal(policy->reference()->encode(clips).tokens, before));
  EXPECT_GT(relative_error(features, before), 0.01);
}

TEST(AdapterTest, OnEveryLinearOfTheTower) {
  std::vector<Rows> all;
  random_model(1)->encoder().each_linear([&](Linear& linear) {
    all.push_back({linear.weight->name, 0, linear.weight->value.size(0)});
  });
  expect_autograd(all, 0);
}

TEST(AdapterTest, OnQAndVOfTheMiddleBlock) {
  expect_autograd({{"vision.layers.1.attn.qkv.weight", 0, 12}, {"vision.layers.1.attn.qkv.weight", 24, 12}},
                  1);
}

}  // namespace
}  // namespace vqat::model::testing
