// The clone that runs is the one for this processor; VQAT_EXPECT_VECTORS names it where the processor is
// emulated.
#include "kernels/vectors.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace vqat::kernels {
namespace {

TEST(Vectors, AreThoseOfTheProcessor) {
#ifdef __x86_64__
  EXPECT_EQ(std::string(vectors()) == "baseline", !__builtin_cpu_supports("avx2"));
  EXPECT_EQ(std::string(vectors()) == "AVX-512", __builtin_cpu_supports("avx512vl") != 0);
#else
  EXPECT_STREQ(vectors(), "baseline");
#endif
  if (const char* expected = std::getenv("VQAT_EXPECT_VECTORS")) EXPECT_STREQ(vectors(), expected);
}

}  // namespace
}  // namespace vqat::kernels
