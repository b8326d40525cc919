// Laws of the half size: what is even stays, a picture and its mirror image are halved alike, the kernel is
// the cubic one.
#include "measures/half_size.h"

#include <gtest/gtest.h>

namespace vqat::measures {
namespace {

TEST(HalfSize, KeepsWhatIsEven) {
  Plane even(8, 6);
  for (double& value : even.values) value = 90;
  const Plane half = half_size(even);
  ASSERT_EQ(half.width, 4);
  ASSERT_EQ(half.height, 3);
  for (const double value : half.values) EXPECT_NEAR(value, 90, 1e-13);
}

TEST(HalfSize, HalvesARampInItsMiddle) {
  Plane ramp(32, 4);
  for (int64_t y = 0; y < 4; ++y)
    for (int64_t x = 0; x < 32; ++x) ramp.row(y)[x] = static_cast<double>(x);
  const Plane half = half_size(ramp);
  for (int64_t x = 2; x < 14; ++x) EXPECT_NEAR(half.row(1)[x], 2.0 * static_cast<double>(x) + 0.5, 1e-12);
}

TEST(HalfSize, MirroredPictureGivesMirroredHalf) {
  Plane picture(12, 8), mirrored(12, 8);
  for (int64_t y = 0; y < 8; ++y)
    for (int64_t x = 0; x < 12; ++x) {
      picture.row(y)[x] = static_cast<double>((7 * x * x + 31 * y * x + 3 * y) % 251);
      mirrored.row(7 - y)[11 - x] = picture.row(y)[x];
    }
  const Plane half = half_size(picture), other = half_size(mirrored);
  for (int64_t y = 0; y < 4; ++y)
    for (int64_t x = 0; x < 6; ++x) EXPECT_NEAR(half.row(y)[x], other.row(3 - y)[5 - x], 1e-12);
}

// One bright pixel: the weights of MATLAB's widened cubic, 0.5 * cubic(0.25, 0.75, 1.25, 1.75), whose sum
// is 1.
TEST(HalfSize, WeighsByTheWidenedCubic) {
  Plane picture(24, 24);
  picture.row(12)[12] = 1;
  const Plane half = half_size(picture);
  const double near[] = {0.43359375, 0.11328125, -0.03515625, -0.01171875};
  // Pixel i of the half lies at 2 i + 0.5: 12 is 0.5 from that of 6, 1.5 from that of 5, then 2.5 and 3.5.
  EXPECT_NEAR(half.row(6)[6], near[0] * near[0], 1e-15);
  EXPECT_NEAR(half.row(6)[5], near[0] * near[1], 1e-15);
  EXPECT_NEAR(half.row(6)[7], near[0] * near[2], 1e-15);
  EXPECT_NEAR(half.row(6)[4], near[0] * near[3], 1e-15);
}

}  // namespace
}  // namespace vqat::measures
