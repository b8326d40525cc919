// Philox against the known answers of its authors' Random123 distribution, and laws of uniform().
#include "base/rng.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vqat {
namespace {

using Words = std::array<uint32_t, 4>;

TEST(Rng, PhiloxKnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Rng, UniformTakes53BitsOfTheFirstTwoWords) {
  // Words 6627e8d5 and e169c58d: (0x6627e8d5 >> 5) * 2^26 + (0xe169c58d >> 6), over 2^53.
  const uint64_t bits = ((0x6627e8d5ull >> 5) << 26) + (0xe169c58dull >> 6);
  EXPECT_EQ(uniform(0, 0, 0), static_cast<double>(bits) / 9007199254740992.0);
}

TEST(Rng, EveryPartOfTheNameCounts) {
  const double base = uniform(0x0123456789abcdefull, 3, 7);
  EXPECT_NE(base, uniform(0x0123456789abcdeeull, 3, 7));
  EXPECT_NE(base, uniform(0x1123456789abcdefull, 3, 7));
  EXPECT_NE(base, uniform(0x0123456789abcdefull, 4, 7));
  EXPECT_NE(base, uniform(0x0123456789abcdefull, 3, 8));
  EXPECT_NE(uniform(5, 3, 7), uniform(5, 7, 3));
}

TEST(Rng, UniformFillsTheUnitInterval) {
  constexpr int kDraws = 20000;
  double sum = 0, squares = 0;
  for (uint32_t i = 0; i < kDraws; ++i) {
    const double u = uniform(42, i / 100, i % 100);
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  // Five standard errors of the mean and of the mean square of a uniform number.
  EXPECT_NEAR(sum / kDraws, 1.0 / 2, 5 * 0.2887 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 5 * 0.2981 / std::sqrt(kDraws));
}

}  // namespace
}  // namespace vqat
