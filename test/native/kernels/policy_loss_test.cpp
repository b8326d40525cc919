// policy_loss: hand-made numbers, finite differences, laws, and the device against the reference over the
// case table.
#include "kernels/policy_loss/policy_loss.h"

#include <algorithm>

#include "harness.h"
#include "policy_loss_cases.h"

namespace vqat::kernels {
namespace {

struct Data {
  std::vector<float> logp, old_logp, ref_logp, entropy, advantages, coef, entropy_coef;
  std::vector<double> weights;  // the mean over sequences of the mean over their tokens
  std::vector<int64_t> offsets{0};
  PolicyObjective objective;
  double entropy_floor = -PolicyObjective::kNone;
  std::vector<PolicySums> sums{1};

  explicit Data(const PolicyLossCase& c)
      : objective{.clip_low = c.clip_low, .clip_high = c.clip_high, .beta = c.beta} {
    for (const int64_t length : c.lengths) offsets.push_back(offsets.back() + length);
    const int64_t tokens = offsets.back();
    logp = normal(tokens, 1);
    for (float& value : logp) value = -std::fabs(value);
    if (c.old_logp) old_logp = moved(2, c.drift);
    if (c.ref_logp) ref_logp = moved(3, c.drift);
    advantages = normal(std::ssize(offsets) - 1, 4);
    coef.assign(tokens, -1);
    for (const int64_t length : c.lengths)
      weights.insert(weights.end(), length, 1 / (static_cast<double>(c.lengths.size()) * length));
  }
  // The same under another objective, with entropies, a floor in their midst, and every fifth token left out.
  Data(const PolicyLossCase& c, const PolicyObjective& other) : Data(c) {
    objective = other;
    entropy = normal(std::ssize(logp), 5);
    for (float& value : entropy) value = std::fabs(value);
    entropy_coef.assign(logp.size(), -1);
    entropy_floor = 0.5;
    for (size_t t = 0; t < weights.size(); t += 5) weights[t] = 0;
  }
  std::vector<float> moved(uint64_t seed, double drift) const {
    std::vector<float> values = normal(std::ssize(logp), seed, drift);
    for (size_t t = 0; t < values.size(); ++t) values[t] += logp[t];
    return values;
  }
  void run(Impl impl) {
    Lender lender(impl);
    const PolicyLoss lent{.logp = lender.lend(logp),
                          .old_logp = lender.lend(old_logp),
                          .ref_logp = lender.lend(ref_logp),
                          .entropy = lender.lend(entropy),
                          .weights = lender.lend(weights),
                          .offsets = lender.lend(offsets),
                          .advantages = lender.lend(advantages),
                          .sequences = std::ssize(advantages),
                          .objective = objective,
                          .entropy_floor = entropy_floor};
    const PolicySlopes out{.logp = lender.lend(coef), .entropy = lender.lend(entropy_coef)};
    PolicySums* out_sums = lender.lend(sums);
    if (impl == Impl::kCuda) {
      VQAT_ON_DEVICE(policy_loss_cuda(lent, out, out_sums, nullptr));
    } else {
      policy_loss(lent, out, out_sums);
    }
    lender.take_back();
  }
};

void expect_sums(const PolicySums& got, const PolicySums& want, double relative) {
  EXPECT_NEAR(got.loss, want.loss, relative * (1 + std::fabs(want.loss)));
  EXPECT_NEAR(got.kl, want.kl, relative * (1 + std::fabs(want.kl)));
  EXPECT_NEAR(got.plain_kl, want.plain_kl, relative * (1 + std::fabs(want.plain_kl)));
  EXPECT_EQ(got.low, want.low);
  EXPECT_EQ(got.high, want.high);
  EXPECT_EQ(got.ratios, want.ratios);
  EXPECT_NEAR(got.ratio, want.ratio, relative * (1 + want.ratio));
  EXPECT_EQ(got.tokens, want.tokens);
  EXPECT_NEAR(got.entropy, want.entropy, relative * (1 + want.entropy));
  EXPECT_NEAR(got.phi, want.phi, relative * (1 + want.phi));
  EXPECT_EQ(got.sequences, want.sequences);
  EXPECT_EQ(got.not_low_most, want.not_low_most);
  EXPECT_EQ(got.high_most, want.high_most);
}

class PolicyLossTest : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Twins, PolicyLossTest, testing::Values(Impl::kReference, Impl::kCuda), impl_name);

void compare(Impl impl, Data want, Data got) {
  want.run(Impl::kReference);
  got.run(impl);
  expect_close(got.coef, want.coef, 2e-7, 0, "coef");
  expect_close(got.entropy_coef, want.entropy_coef, 0, 0, "entropy_coef");
  expect_sums(got.sums[0], want.sums[0], 1e-12);
}

void compare(Impl impl, std::span<const PolicyLossCase> cases) {
  for (const PolicyLossCase& c : cases) {
    SCOPED_TRACE(c.name);
    compare(impl, Data(c), Data(c));
  }
}

TEST_P(PolicyLossTest, MatchesReference) { compare(GetParam(), kPolicyLossCases); }
TEST_P(PolicyLossTest, AtAwkwardSizes) { compare(GetParam(), kPolicyLossAwkwardCases); }
TEST_P(PolicyLossTest, EveryObjectiveMatchesReference) {
  for (const auto& [name, objective, _] : kPolicyObjectives) {
    SCOPED_TRACE(name);
    for (const PolicyLossCase* c : {&kPolicyLossCases[2], &kPolicyLossCases[4], &kPolicyLossAwkwardCases[0]})
      compare(GetParam(), Data(*c, objective), Data(*c, objective));
  }
}

TEST_P(PolicyLossTest, HandMadeNumbers) {
  // Ratios e^0.5 and e^-0.5 under advantages +2 and -2, clip 0.2: both are held, at 1.2 and 0.8.
  Data data({"", {1, 1}, true, true, 0, 0.2, 0.2, 0.5});
  data.logp = {-1, -1};
  data.old_logp = {-1.5f, -0.5f};
  data.ref_logp = {-1, -2};
  data.advantages = {2, -2};
  data.run(GetParam());
  const double kl = std::exp(-1.0) + 1 - 1;
  EXPECT_NEAR(data.sums[0].loss, 0.5 * (-1.2 * 2) + 0.5 * (0.8 * 2 + 0.5 * kl), 1e-12);
  EXPECT_NEAR(data.sums[0].kl, 0.5 * kl, 1e-12);
  EXPECT_NEAR(data.sums[0].plain_kl, kl, 1e-12);
  EXPECT_EQ(data.sums[0].low, 1);
  EXPECT_EQ(data.sums[0].high, 1);
  EXPECT_EQ(data.sums[0].not_low_most, 1);
  EXPECT_EQ(data.sums[0].high_most, 1);
  EXPECT_NEAR(data.sums[0].ratio, std::exp(0.5) + std::exp(-0.5), 1e-12);
  EXPECT_EQ(data.coef[0], 0);
  EXPECT_NEAR(data.coef[1], 0.5 * 0.5 * (1 - std::exp(-1.0)), 1e-7);
}

TEST_P(PolicyLossTest, TheUnheldSideKeepsItsGradient) {
  // The same ratios with the advantages' signs turned: the minimum is the plain product.
  Data data({"", {1, 1}, true, false, 0, 0.2, 0.2, 0});
  data.logp = {-1, -1};
  data.old_logp = {-1.5f, -0.5f};
  data.advantages = {-2, 2};
  data.run(GetParam());
  EXPECT_EQ(data.sums[0].low + data.sums[0].high, 0);
  EXPECT_NEAR(data.coef[0], 0.5 * 2 * std::exp(0.5), 1e-6);
  EXPECT_NEAR(data.coef[1], -0.5 * 2 * std::exp(-0.5), 1e-6);
}

TEST_P(PolicyLossTest, MicroBatchesAddUp) {
  const PolicyLossCase& c = kPolicyLossCases[4];
  Data whole(c);
  whole.run(GetParam());
  PolicySums sums;
  for (size_t s = 0; s + 1 < whole.offsets.size(); ++s) {
    Data part(c);
    const int64_t begin = whole.offsets[s], end = whole.offsets[s + 1];
    const auto cut = [&](auto& values) { values = {values.begin() + begin, values.begin() + end}; };
    cut(part.logp);
    cut(part.old_logp);
    cut(part.ref_logp);
    cut(part.weights);
    part.offsets = {0, end - begin};
    part.advantages = {whole.advantages[s]};
    part.coef.assign(end - begin, 0);
    part.sums[0] = sums;
    part.run(GetParam());
    sums = part.sums[0];
    for (int64_t t = begin; t < end; ++t) EXPECT_EQ(part.coef[t - begin], whole.coef[t]);
  }
  expect_sums(sums, whole.sums[0], 1e-12);
}

TEST_P(PolicyLossTest, TokensOfNoWeightAreAsIfTheyWereNotThere) {
  for (const auto& [name, objective, _] : kPolicyObjectives) {
    SCOPED_TRACE(name);
    Data whole({"", {4, 3, 2}, true, true, 0.3, 0.2, 0.2, 0}, objective);
    whole.weights = {0.5, 0, 0.25, 0, 0, 0, 0, 0.125, 0.25};
    Data cut = whole;
    cut.offsets = {0, 2, 2, 4};
    for (std::vector<float>* values : {&cut.logp, &cut.old_logp, &cut.ref_logp, &cut.entropy})
      *values = {(*values)[0], (*values)[2], (*values)[7], (*values)[8]};
    cut.weights = {0.5, 0.25, 0.125, 0.25};
    cut.coef.resize(4);
    cut.entropy_coef.resize(4);
    whole.run(GetParam());
    cut.run(GetParam());
    expect_sums(whole.sums[0], cut.sums[0], 0);
    EXPECT_EQ(cut.sums[0].tokens, 4);
    const auto& w = whole.coef;
    EXPECT_EQ((std::vector<float>{w[0], w[2], w[7], w[8]}), cut.coef);
    for (const size_t t : {1, 3, 4, 5, 6}) EXPECT_EQ(w[t], 0) << t;
  }
}

TEST_P(PolicyLossTest, OneRatioOfASequenceIsExpOfItsMean) {
  // Log-ratios 0.4 and 0: r = e^0.2 over both tokens, held at 1.2 under the advantage 2.
  Data data({"", {2}, true, false, 0, 0.2, 0.2, 0});
  data.objective.by_sequence = true;
  data.logp = {-1, -1};
  data.old_logp = {-1.4f, -1};
  data.advantages = {2};
  data.run(GetParam());
  EXPECT_NEAR(data.sums[0].loss, -1.2 * 2, 1e-12);
  EXPECT_EQ(data.sums[0].high, 1);
  EXPECT_EQ(data.sums[0].ratios, 1);
  EXPECT_NEAR(data.sums[0].ratio, std::exp(0.2), 1e-7);
  EXPECT_EQ(data.coef, (std::vector<float>{0, 0}));
}

TEST_P(PolicyLossTest, TheLeastAndTheLargestShareOfASequence) {
  // Twenty sequences of two tokens, more than a block has warps: of all but two every ratio is low or high.
  for (const bool low : {true, false}) {
    Data data(
        {"", {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, true, false, 0, 0.2, 0.2, 0});
    data.advantages.assign(20, low ? -1 : 1);
    for (size_t t = 0; t < 40; ++t) data.old_logp[t] = data.logp[t] + (low ? 1.0f : -1.0f);
    data.old_logp[14] = data.logp[14];
    data.old_logp[39] = data.logp[39];
    data.run(GetParam());
    EXPECT_EQ(low ? data.sums[0].low : data.sums[0].high, 38);
    EXPECT_EQ(data.sums[0].not_low_most, low ? 0.5 : 1);
    EXPECT_EQ(data.sums[0].high_most, low ? 0 : 1);
    // A further micro-batch, whose one sequence has no such ratio.
    Data more({"", {1}, true, false, 0, 0.2, 0.2, 0});
    more.sums = data.sums;
    more.run(GetParam());
    EXPECT_EQ(more.sums[0].not_low_most, 1);
    EXPECT_EQ(more.sums[0].high_most, low ? 0 : 1);
    EXPECT_EQ(more.sums[0].sequences, 21);
  }
}

TEST_P(PolicyLossTest, WhatIsNotANumberReachesTheLoss) {
  for (const auto& [name, objective, _] : kPolicyObjectives)
    for (const bool of_sampler : {true, false}) {
      SCOPED_TRACE(name);
      Data data({"", {2, 2}, true, true, 0.3, 0.2, 0.2, 0}, objective);
      data.weights = {0.25, 0.25, 0.25, 0.25};
      data.entropy = {1, 1, 1, 1};
      data.advantages = {-1, 1};
      (of_sampler ? data.old_logp : data.logp)[1] = NAN;
      data.run(GetParam());
      EXPECT_TRUE(std::isnan(data.sums[0].loss));
    }
}

TEST(PolicyLossReference, GradientsMatchFiniteDifferences) {
  for (const auto& [name, objective, factor_is_fixed] : kPolicyObjectives) {
    SCOPED_TRACE(name);
    Data data({"", {2, 3, 4}, true, true, 0, 0.2, 0.2, 0}, objective);
    data.weights = {0.2, 0.1, 0.15, 0, 0.1, 0.05, 0.1, 0.15, 0.2};
    data.advantages = {1.5f, -0.7f, 0.9f};
    data.ref_logp = data.moved(3, 0.7);
    // Ratios stay away from the edges, where the loss has a corner, by more than the stencil's reach.
    std::vector<float> gaps = {-0.1f, 0.5f, -0.5f, 7, 0.5f, 0, 0.5f, -0.5f, 0};
    const auto loss = [&] {
      // Moved along with the policy where the factor has no gradient.
      for (size_t t = 0; factor_is_fixed && t < gaps.size(); ++t) data.old_logp[t] = data.logp[t] - gaps[t];
      data.sums = {PolicySums{}};
      data.run(Impl::kReference);
      return data.sums[0].loss;
    };
    for (size_t t = 0; t < gaps.size(); ++t) data.old_logp[t] = data.logp[t] - gaps[t];
    loss();
    EXPECT_GT(std::count_if(data.coef.begin(), data.coef.end(), [](float slope) { return slope != 0; }), 3);
    const std::vector<float> gradient = data.coef;
    expect_gradient(data.logp, gradient, loss, "coef", 1e-5);
    data.entropy_floor = -PolicyObjective::kNone;
    loss();
    const std::vector<float> entropy_gradient = data.entropy_coef;
    expect_gradient(data.entropy, entropy_gradient, loss, "entropy_coef", 1e-5);
  }
}

TEST(PolicyLossReference, OnPolicyGradientIsTheAdvantage) {
  // Without old log-probabilities r is 1, and its derivative still is: -A / (S T).
  Data data(kPolicyLossCases[2]);
  data.objective.beta = 0;
  data.run(Impl::kReference);
  for (size_t s = 0; s < data.advantages.size(); ++s) {
    const int64_t begin = data.offsets[s], end = data.offsets[s + 1];
    for (int64_t t = begin; t < end; ++t) {
      EXPECT_FLOAT_EQ(data.coef[t], -data.advantages[s] / (3 * static_cast<float>(end - begin)));
    }
  }
  EXPECT_EQ(data.sums[0].ratio, 12);
}

}  // namespace
}  // namespace vqat::kernels
