// The exception type: its code, its joined message, and check()'s choice of code.
#include "base/error.h"

#include <gtest/gtest.h>

namespace vqat {
namespace {

TEST(Error, FailJoinsItsPartsAndKeepsTheCode) {
  try {
    fail(Code::E_FORMAT, "weights.safetensors", ": expected ", 3, ", found ", 2.5);
    FAIL() << "fail() returned";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::E_FORMAT);
    EXPECT_STREQ(error.what(), "weights.safetensors: expected 3, found 2.5");
  }
}

TEST(Error, CheckThrowsAnArgumentErrorOnlyWhenItsConditionIsFalse) {
  EXPECT_NO_THROW(check(true, "never said"));
  try {
    check(1 > 2, "rows must be positive, got ", -1);
    FAIL() << "check() returned";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::E_ARGUMENT);
    EXPECT_STREQ(error.what(), "rows must be positive, got -1");
  }
}

TEST(Error, CodesAreNamedAsTheyAreSpelled) {
  EXPECT_STREQ(code_name(Code::E_ARGUMENT), "E_ARGUMENT");
  EXPECT_STREQ(code_name(Code::E_OUT_OF_MEMORY), "E_OUT_OF_MEMORY");
}

}  // namespace
}  // namespace vqat
