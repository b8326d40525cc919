// The norm of gradients that are more than one piece of memory.
#include "train/arena.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace vqat::train {
namespace {

TEST(Arena, TheNormIsOfAllPieces) {
  ParameterStore store;
  // Three pieces of four million values, the last one short.
  const std::vector<Parameter*> parameters{&store.add("long", at::zeros({2, (int64_t{1} << 22) + 5})),
                                           &store.add("short", at::zeros({7}))};
  Arena arena(parameters);
  EXPECT_EQ(arena.gradient_norm(), 0);
  at::manual_seed(1);
  for (const Parameter* p : parameters) p->grad.copy_(at::randn(p->grad.sizes()));
  double sum = 0;
  for (const Parameter* p : parameters) sum += p->grad.to(at::kDouble).square().sum().item<double>();
  EXPECT_NEAR(arena.gradient_norm(), std::sqrt(sum), 1e-12 * std::sqrt(sum));  // orders of double sums

  parameters[0]->grad.view({-1})[123].fill_(std::numeric_limits<float>::infinity());
  try {
    arena.gradient_norm();
    FAIL() << "an infinite gradient has a norm";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::E_NUMERIC);
    EXPECT_NE(std::string(error.what()).find("'long'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace vqat::train
