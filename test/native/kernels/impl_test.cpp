// Which twin runs: VQAT_IMPL, read once, in a process of its own for each value.
#include "kernels/impl.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.h"

namespace vqat::kernels {
namespace {

// Ends the process: 0 fast, 1 reference, 3 refused with E_ARGUMENT and the message on stderr.
[[noreturn]] void answer(const char* value) {
  value ? setenv("VQAT_IMPL", value, 1) : unsetenv("VQAT_IMPL");
  try {
    _exit(use_reference() ? 1 : 0);
  } catch (const Error& error) {
    std::fputs(error.what(), stderr);
    _exit(error.code() == Code::E_ARGUMENT ? 3 : 4);
  }
}

TEST(ImplDeathTest, TheVariableChoosesTheTwin) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(answer(nullptr), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(answer(""), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(answer("fast"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(answer("reference"), testing::ExitedWithCode(1), "");
  EXPECT_EXIT(answer("Reference"), testing::ExitedWithCode(3),
              "VQAT_IMPL: expected 'fast' or 'reference', found 'Reference'");
}

}  // namespace
}  // namespace vqat::kernels
