// What the encoder looks at once and what it looks at again: frames that clips share, frames of zeros, a
// clip's motion.
#include <gtest/gtest.h>

#include "motion_cases.h"
#include "random_model.h"

namespace vqat::model::testing {
namespace {

at::Tensor frame(const at::Tensor& tokens, int64_t i) { return tokens.unflatten(0, {-1, 4})[i]; }

TEST(EncoderTest, PerturbedCopyHasItsSourcesFramesToTheBit) {
  const auto model = random_model(1);
  const auto clip = random_clip();
  const at::Tensor own = model->encode({clip}).tokens;
  const at::Tensor copy = model->encode({clip->perturb({1, 0, 1})}).tokens;
  ASSERT_EQ(copy.size(0), 12);
  for (const auto& [i, of] : {std::pair{0, 1}, {1, 0}, {2, 1}})
    EXPECT_TRUE(at::equal(frame(copy, i), frame(own, of))) << i;
}

// Weights that change without a word tell whether the tower ran: forget() is what makes it run again.
TEST(EncoderTest, FrozenTowerLooksAtSharedFramesOnce) {
  const auto model = random_model(1);
  const auto clip = random_clip();
  const auto before = model->encode({clip}).tokens.clone();
  model->parameters().get("vision.layers.0.norm1.weight").value.mul_(2);
  const auto copy = clip->perturb({1, 0})->perturb({1, 0});
  EXPECT_TRUE(at::equal(model->encode({copy}).tokens, before));
  EXPECT_GT(relative_error(model->encode({random_clip()}).tokens, before), 0.01);
  model->encoder().forget();
  EXPECT_GT(relative_error(model->encode({copy}).tokens, before), 0.01);
}

TEST(EncoderTest, CopyThatComesFirstGivesTheSameBits) {
  const auto model = random_model(1), other = random_model(1);
  const auto clip = random_clip(), copy = clip->perturb({1});
  const at::Tensor first = model->encode({copy}).tokens;
  other->encode({clip});
  EXPECT_TRUE(at::equal(first, other->encode({copy}).tokens));
}

TEST(EncoderTest, FrameOfZerosIsEncodedAsOne) {
  const auto model = random_model(1);
  const auto clip = random_clip(), zeros = std::make_shared<Clip>(1, 16);
  zeros->write_pixels(at::zeros({1, 3, 16, 16}).data_ptr<float>());
  const at::Tensor own = model->encode({clip}).tokens, blank = model->encode({zeros}).tokens;
  const at::Tensor copy = model->encode({clip->perturb({-1, 0, -1})}).tokens;
  EXPECT_TRUE(at::equal(frame(copy, 0), blank));
  EXPECT_TRUE(at::equal(frame(copy, 1), frame(own, 0)));
  EXPECT_TRUE(at::equal(frame(copy, 2), blank));
}

TEST(EncoderTest, TrainedTowerKeepsNothingAndOrdersWhatACallShares) {
  const auto model = random_model(1);
  const auto clip = random_clip(), copy = clip->perturb({1, -1, 0}), other = random_clip();
  for (const Parameter* p : model->parameters().in_order())
    model->parameters().get(p->name).grad = at::zeros_like(p->value);
  const auto called = model->encode({copy, other, clip});
  EXPECT_EQ(called.counts, (std::vector<int64_t>{12, 8, 8}));
  const auto rows = called.tokens.split_with_sizes({12, 8, 8});
  EXPECT_TRUE(at::equal(frame(rows[0], 0), frame(rows[2], 1)));
  EXPECT_TRUE(at::equal(frame(rows[0], 2), frame(rows[2], 0)));
  // What a backward keeps is of the clips as they are: the same numbers by another path.
  ModelSaved saved;
  EXPECT_LE(relative_error(model->encode({copy, other, clip}, &saved).tokens, called.tokens), 1e-5);
  model->parameters().get("vision.layers.0.norm1.weight").value.mul_(2);
  EXPECT_GT(relative_error(model->encode({clip}).tokens, rows[2]), 0.01);
}

}  // namespace
}  // namespace vqat::model::testing
