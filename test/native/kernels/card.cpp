// The program that runs the cases on a card. Without one it runs a single test, which is skipped and says
// why; with VQAT_REQUIRE_CUDA=1 every case is run, and fails.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "device.h"

namespace vqat::kernels {
namespace {

TEST(Card, RunsTheCasesOfCuda) {
  const std::string reason = device::why_not();
  if (!reason.empty()) GTEST_SKIP() << reason << "; the same cases ran under emulation";
}

}  // namespace
}  // namespace vqat::kernels

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  const char* required = std::getenv("VQAT_REQUIRE_CUDA");
  const bool is_required = required && std::string(required) == "1";
  if (!is_required && !vqat::kernels::device::why_not().empty()) GTEST_FLAG_SET(filter, "Card.*");
  return RUN_ALL_TESTS();
}
