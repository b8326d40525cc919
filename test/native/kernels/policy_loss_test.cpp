// policy_loss: hand-made numbers, finite differences, laws, and the device against the reference over the
// case table.
#include "kernels/policy_loss/policy_loss.h"

#include "harness.h"
#include "policy_loss_cases.h"

namespace vqat::kernels {
namespace {

struct Data {
  std::vector<float> logp, old_logp, ref_logp, advantages, coef;
  std::vector<double> weights;  // the mean over sequences of the mean over their tokens
  std::vector<int64_t> offsets{0};
  double clip_low, clip_high, beta;
  std::vector<PolicySums> sums{1};

  explicit Data(const PolicyLossCase& c) : clip_low(c.clip_low), clip_high(c.clip_high), beta(c.beta) {
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
  std::vector<float> moved(uint64_t seed, double drift) const {
    std::vector<float> values = normal(std::ssize(logp), seed, drift);
    for (size_t t = 0; t < values.size(); ++t) values[t] += logp[t];
    return values;
  }
  PolicyLoss args(Lender& lender) {
    return {.logp = lender.lend(logp),
            .old_logp = lender.lend(old_logp),
            .ref_logp = lender.lend(ref_logp),
            .weights = lender.lend(weights),
            .offsets = lender.lend(offsets),
            .advantages = lender.lend(advantages),
            .sequences = std::ssize(advantages),
            .surrogate = {.low = clip_low, .high = clip_high},
            .beta = beta};
  }
  void run(Impl impl) {
    Lender lender(impl);
    const PolicyLoss lent = args(lender);
    float* out = lender.lend(coef);
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
  EXPECT_NEAR(got.kl, want.kl, relative * (1 + want.kl));
  EXPECT_NEAR(got.plain_kl, want.plain_kl, relative * (1 + want.plain_kl));
  EXPECT_EQ(got.clipped, want.clipped);
  EXPECT_NEAR(got.ratio, want.ratio, relative * (1 + want.ratio));
  EXPECT_EQ(got.tokens, want.tokens);
}

class PolicyLossTest : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Twins, PolicyLossTest, testing::Values(Impl::kReference, Impl::kCuda), impl_name);

void compare(Impl impl, std::span<const PolicyLossCase> cases) {
  for (const PolicyLossCase& c : cases) {
    SCOPED_TRACE(c.name);
    Data want(c), got(c);
    want.run(Impl::kReference);
    got.run(impl);
    expect_close(got.coef, want.coef, 2e-7, 0, "coef");
    expect_sums(got.sums[0], want.sums[0], 1e-12);
  }
}

TEST_P(PolicyLossTest, MatchesReference) { compare(GetParam(), kPolicyLossCases); }
TEST_P(PolicyLossTest, AtAwkwardSizes) { compare(GetParam(), kPolicyLossAwkwardCases); }

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
  EXPECT_EQ(data.sums[0].clipped, 2);
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
  EXPECT_EQ(data.sums[0].clipped, 0);
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

TEST(PolicyLossReference, GradientMatchesFiniteDifferences) {
  // Ratios stay away from the clip's edges, where the loss has a corner, by more than the stencil's reach.
  Data data({"", {2, 3}, true, true, 0, 0.2, 0.2, 0.3});
  data.old_logp = data.logp;
  for (size_t t = 0; t < data.logp.size(); ++t) data.old_logp[t] += t % 2 ? 0.5f : 0.0f;
  data.ref_logp = data.moved(3, 0.7);
  data.run(Impl::kReference);
  const std::vector<float> gradient = data.coef;
  const auto loss = [&] {
    data.sums = {PolicySums{}};
    data.run(Impl::kReference);
    return data.sums[0].loss;
  };
  expect_gradient(data.logp, gradient, loss, "coef", 2e-6);
}

TEST(PolicyLossReference, OnPolicyGradientIsTheAdvantage) {
  // Without old log-probabilities r is 1, and its derivative still is: -A / (S T).
  Data data(kPolicyLossCases[2]);
  data.beta = 0;
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
