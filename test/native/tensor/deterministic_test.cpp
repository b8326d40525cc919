// When deterministic algorithms are on, and what the environment may not say.
#include "tensor/deterministic.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"

namespace vqat {
namespace {

TEST(Deterministic, ForTheScopeOnly) {
  const at::Context& context = at::globalContext();
  {
    const DeterministicScope cpu(at::kCPU);
    EXPECT_FALSE(context.deterministicAlgorithms());
  }
  const char* variable = "CUBLAS_WORKSPACE_CONFIG";
  setenv(variable, ":0:0", 1);
  EXPECT_THROW(check_deterministic(at::kCUDA), Error);
  EXPECT_NO_THROW(check_deterministic(at::kCPU));
  unsetenv(variable);
  prefer_deterministic_products();
  {
    const DeterministicScope cuda(at::kCUDA);
    EXPECT_TRUE(context.deterministicAlgorithms());
    EXPECT_FALSE(context.deterministicAlgorithmsWarnOnly());
    EXPECT_FALSE(context.deterministicFillUninitializedMemory());
  }
  EXPECT_FALSE(context.deterministicAlgorithms());
  EXPECT_TRUE(context.deterministicFillUninitializedMemory());
}

}  // namespace
}  // namespace vqat
