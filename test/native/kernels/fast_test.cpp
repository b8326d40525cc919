// What the kernels are made of: fast_exp against the C library, bfloat16 against its definition.
#include "kernels/fast.h"

#include <limits>

#include "harness.h"

namespace vqat::kernels {
namespace {

TEST(FastExp, StaysWithinItsBound) {
  double worst = 0;
  for (float x = -87.3f; x < 88.3f; x += 0.000917f) {
    const double exact = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::fabs(fast_exp(x) - exact) / exact);
  }
  EXPECT_LT(worst, 2e-7);
  EXPECT_EQ(fast_exp(0), 1);
}

TEST(FastExp, Ends) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(fast_exp(-87.4f), 0);
  EXPECT_EQ(fast_exp(-infinity), 0);
  EXPECT_EQ(fast_exp(infinity), fast_exp(88.3f));
  EXPECT_TRUE(std::isnan(fast_exp(std::numeric_limits<float>::quiet_NaN())));
}

TEST(Bfloat16, EveryValueSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    bfloat16 value;
    value.bits = static_cast<uint16_t>(bits);
    const float wide = value;
    if (std::isnan(wide)) {
      EXPECT_TRUE(std::isnan(static_cast<float>(bfloat16(wide))));
    } else {
      EXPECT_EQ(bfloat16(wide).bits, bits);
    }
  }
}

TEST(Bfloat16, RoundsToNearestTiesToEven) {
  // Neighbours of 1 are 1 + 1/128 apart.
  EXPECT_EQ(static_cast<float>(bfloat16(1 + 1.0f / 256)), 1);
  EXPECT_EQ(static_cast<float>(bfloat16(1 + 1.001f / 256)), 1 + 1.0f / 128);
  EXPECT_EQ(static_cast<float>(bfloat16(1 + 3.0f / 256)), 1 + 2.0f / 128);
  EXPECT_EQ(static_cast<float>(bfloat16(-1 - 3.0f / 256)), -1 - 2.0f / 128);
  EXPECT_TRUE(std::isinf(static_cast<float>(bfloat16(std::numeric_limits<float>::max()))));
}

}  // namespace
}  // namespace vqat::kernels
