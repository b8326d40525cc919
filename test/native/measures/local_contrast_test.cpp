// Against the definition, 49 weights a pixel, and what flat areas and ramps must give.
#include "measures/local_contrast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace vqat::measures {
namespace {

struct Expected {
  double normalised, deviation;
};

Expected expected(const Plane& picture, int64_t x, int64_t y) {
  double weights = 0, mean = 0, square = 0;
  for (int64_t dy = -3; dy <= 3; ++dy)
    for (int64_t dx = -3; dx <= 3; ++dx) {
      const double weight = std::exp(-static_cast<double>(dx * dx + dy * dy) / (2 * 49.0 / 36.0));
      const double value = picture.row(std::clamp<int64_t>(
          y + dy, 0, picture.height - 1))[std::clamp<int64_t>(x + dx, 0, picture.width - 1)];
      weights += weight;
      mean += weight * value;
      square += weight * value * value;
    }
  mean /= weights;
  const double deviation = std::sqrt(std::abs(square / weights - mean * mean));
  return {(picture.row(y)[x] - mean) / (deviation + 1), deviation};
}

TEST(LocalContrast, IsTheDefinition) {
  Plane picture(19, 11);
  for (int64_t y = 0; y < 11; ++y)
    for (int64_t x = 0; x < 19; ++x)
      picture.row(y)[x] = static_cast<double>((7 * x * x + 31 * y * x + 3 * y) % 251);
  const LocalContrast found = local_contrast(picture);
  for (int64_t y = 0; y < 11; ++y)
    for (int64_t x = 0; x < 19; ++x) {
      const Expected one = expected(picture, x, y);
      EXPECT_NEAR(found.normalised.row(y)[x], one.normalised, 1e-12);
      EXPECT_NEAR(found.deviation.row(y)[x], one.deviation, 1e-10);
    }
}

TEST(LocalContrast, FlatAreasAndRampsAreZeroAndNotRoundingNoise) {
  for (const double level : {0.0, 90.0, 128.0, 255.0}) {
    Plane flat(16, 16);
    for (double& value : flat.values) value = level;
    const LocalContrast found = local_contrast(flat);
    for (const double value : found.normalised.values) EXPECT_EQ(value, 0) << level;
    for (const double value : found.deviation.values) EXPECT_EQ(value, 0) << level;
  }
  Plane ramp(40, 12);
  for (int64_t y = 0; y < 12; ++y)
    for (int64_t x = 0; x < 40; ++x) ramp.row(y)[x] = static_cast<double>(3 * x + 1);
  const LocalContrast found = local_contrast(ramp);
  for (int64_t x = 3; x < 37; ++x) EXPECT_EQ(found.normalised.row(6)[x], 0) << x;
  EXPECT_LT(found.normalised.row(6)[0], 0);
}

}  // namespace
}  // namespace vqat::measures
