// The grid of shapes against a walk over all of it, and fits of values whose moments are known.
#include "measures/aggd.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vqat::measures {
namespace {

// By the definition: the first of the least squared differences.
int64_t walked(double ratio) {
  const auto& ratios = aggd_ratios();
  int64_t best = 0;
  for (size_t i = 1; i < ratios.size(); ++i)
    if (std::pow(ratios[i] - ratio, 2) < std::pow(ratios[best] - ratio, 2)) best = static_cast<int64_t>(i);
  return best;
}

TEST(Aggd, RatiosRiseSoThatTheNearestCanBeSought) {
  const auto& ratios = aggd_ratios();
  ASSERT_EQ(ratios.size(), 9801u);
  for (size_t i = 1; i < ratios.size(); ++i) EXPECT_LT(ratios[i - 1], ratios[i]) << i;
}

TEST(Aggd, NearestIsWhatAWalkOverTheGridFinds) {
  const auto& ratios = aggd_ratios();
  for (size_t i = 0; i + 1 < ratios.size(); i += 97)
    for (const double part : {0.0, 0.25, 0.5, 0.75}) {
      const double ratio = ratios[i] + part * (ratios[i + 1] - ratios[i]);
      EXPECT_EQ(nearest_ratio(ratio), walked(ratio)) << ratio;
    }
  EXPECT_EQ(nearest_ratio(0), 0);
  EXPECT_EQ(nearest_ratio(1), 9800);
  EXPECT_EQ(nearest_ratio(std::nan("")), 0);
}

// Quantiles of a Laplacian of scale 1: shape 1, and each spread 1.
TEST(Aggd, FitsALaplacian) {
  constexpr int64_t kCount = 200000;
  std::vector<double> values(kCount);
  for (int64_t i = 0; i < kCount; ++i) {
    const double p = (static_cast<double>(i) + 0.5) / kCount;
    values[i] = p < 0.5 ? std::log(2 * p) : -std::log(2 - 2 * p);
  }
  AggdSums sums;
  add_to(sums, values.data(), kCount);
  const Aggd found = fit(sums);
  EXPECT_NEAR(found.shape, 1, 0.001);
  EXPECT_NEAR(found.left, 1, 0.002);
  EXPECT_NEAR(found.right, 1, 0.002);
  EXPECT_NEAR(found.mean, 0, 1e-9);
}

TEST(Aggd, ZerosAreInNeitherTail) {
  const double values[] = {-1, 0, 0, 2};
  AggdSums sums;
  add_to(sums, values, 4);
  const Aggd found = fit(sums);
  EXPECT_NEAR(found.right / found.left, 2, 1e-15);
}

TEST(Aggd, ATailWithoutValuesHasNoSpread) {
  const double values[] = {1, 2, 3};
  AggdSums sums;
  add_to(sums, values, 3);
  const Aggd found = fit(sums);
  EXPECT_EQ(found.shape, 0.2);
  EXPECT_TRUE(std::isnan(found.left));
  EXPECT_GT(found.right, 0);
}

}  // namespace
}  // namespace vqat::measures
