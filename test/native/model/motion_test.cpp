// The motion network against its plain twin with torch's autograd, and against laws of its own.
#include "model/motion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <ostream>
#include <stdexcept>

#include "base/error.h"
#include "model/motion_pool.h"
#include "motion_cases.h"

namespace vqat::model {
namespace {

using testing::MotionShape;
using testing::Tensors;

struct MotionCase {
  const char* name;
  MotionShape shape;
  int64_t clips, frames, height, width;
};

const MotionCase kCases[] = {
    {"one_stage_one_clip_one_frame", {16, 8, 2, {1}, 8, 8}, 1, 1, 32, 32},
    {"identity_first_block", {32, 32, 1, {2}, 16, 8}, 2, 6, 33, 24},  // in equals 4 * inner: no shortcut
    {"two_stages", {16, 8, 2, {2, 1}, 8, 8}, 3, 6, 32, 32},
    {"four_stages", {16, 8, 2, {1, 1, 1, 1}, 8, 8}, 2, 8, 24, 24},
    {"uneven_widths_twelve_frames", {11, 9, 3, {1, 2, 1}, 9, 7}, 2, 12, 29, 17},
};

void PrintTo(const MotionCase& c, std::ostream* out) { *out << c.name; }

class MotionTest : public ::testing::TestWithParam<MotionCase> {};

INSTANTIATE_TEST_SUITE_P(Shapes, MotionTest, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

// float32 sums of up to a few thousand terms in another order: 1e-5 of the whole.
constexpr double kTolerance = 1e-5;

at::Tensor random_pixels(const MotionCase& c) {
  at::manual_seed(7);
  return at::randn({c.clips, c.frames, 3, c.height, c.width});
}

TEST_P(MotionTest, ForwardMatchesPlainTwin) {
  const Tensors tensors = testing::random_motion(GetParam().shape, 1);
  ParameterStore store;
  testing::fill(store, tensors, false);
  const MotionNet net(store);
  const at::Tensor pixels = random_pixels(GetParam());
  const at::Tensor feature = net.forward(pixels);
  ASSERT_EQ(feature.sizes(), (at::IntArrayRef{GetParam().clips, net.width()}));
  EXPECT_LE(testing::relative_error(feature, testing::plain_motion(tensors, pixels)), kTolerance);
}

// Gradients jump where a ReLU's input passes zero, and float32 cannot tell on which side an input of less
// than about 1e-6 is: pixels for which none comes that close.
at::Tensor pixels_away_from_kinks(const MotionCase& c, const Tensors& tensors) {
  for (int64_t seed = 0; seed < 20; ++seed) {
    at::manual_seed(seed);
    const at::Tensor pixels = at::randn({c.clips, c.frames, 3, c.height, c.width});
    double nearest = 1;
    testing::plain_motion(tensors, pixels.to(at::kDouble),
                          {{}, [&](const at::Tensor& response) {
                             nearest = std::min(nearest, response.abs().min().item<double>());
                           }});
    if (nearest > 4e-6) return pixels;
  }
  throw std::runtime_error("every seed comes close to a kink");
}

TEST_P(MotionTest, BackwardMatchesAutograd) {
  Tensors tensors = testing::random_motion(GetParam().shape, 2);
  ParameterStore store;
  testing::fill(store, tensors, true);
  const MotionNet net(store);
  // The twin runs in double, so that the difference is this network's error alone.
  for (auto& [name, value] : tensors) value = value.to(at::kDouble);
  const at::Tensor pixels = pixels_away_from_kinks(GetParam(), tensors);
  for (auto& [name, value] : tensors)
    if (!testing::is_statistic(name)) value.set_requires_grad(true);
  const at::Tensor expected = testing::plain_motion(tensors, pixels.to(at::kDouble));
  const at::Tensor grad = at::rand(expected.sizes()) + 0.5;  // one sign: sums that do not cancel
  expected.backward(grad.to(at::kDouble));

  MotionSaved saved;
  EXPECT_LE(testing::relative_error(net.forward(pixels, saved), expected.detach()), kTolerance);
  net.backward(grad, saved);
  for (const Parameter* parameter : store.in_order()) {
    if (!parameter->trainable()) continue;
    EXPECT_LE(testing::relative_error(parameter->grad, tensors.at(parameter->name).grad()), kTolerance)
        << parameter->name;
  }
}

TEST_P(MotionTest, CalibrationCentresAndScalesEveryNorm) {
  const Tensors tensors = testing::random_motion(GetParam().shape, 3);
  ParameterStore store;
  testing::fill(store, tensors, false);
  MotionNet net(store);
  // Enough clips and space that the last stage's variances are of tens of values.
  const at::Tensor pixels = at::randn({4, GetParam().frames, 3, 64, 64});
  net.calibrate(pixels);
  Tensors calibrated;
  for (const Parameter* parameter : store.in_order()) calibrated[parameter->name] = parameter->value;
  int norms = 0;
  const auto check_norm = [&](const std::string& norm, const at::Tensor& response) {
    const auto per_channel = [&](const char* name) {
      return calibrated.at(norm + name).view({1, -1, 1, 1, 1});
    };
    const at::Tensor unit = (response - per_channel("running_mean")) / per_channel("running_var").sqrt();
    const auto [variance, mean] = at::var_mean(unit, at::IntArrayRef{0, 2, 3, 4}, 0);
    EXPECT_LE(mean.abs().max().item<float>(), 1e-4) << norm;
    EXPECT_LE((variance - 1).abs().max().item<float>(), 1e-4) << norm;
    ++norms;
  };
  testing::plain_motion(calibrated, pixels, {check_norm, {}});
  EXPECT_EQ(norms * 5, int(tensors.size()));
}

TEST(MotionPoolTest, WeightsEqualRepeatedPools) {
  at::manual_seed(5);
  const MotionPool slow(8), fast(32);  // each meets shape after shape, as a model's do
  for (const auto& [frames, window, side] : {std::array<int64_t, 3>{2, 8, 14},
                                             {6, 32, 14},
                                             {3, 8, 18},
                                             {12, 32, 18},
                                             {1, 8, 7},
                                             {5, 32, 3},
                                             {24, 8, 1},
                                             {96, 32, 9}}) {
    const int64_t repeats = time_repeats(window == 8 ? frames * 4 - 3 : frames);
    // Behind a ReLU, as what is pooled always is: with values of both signs the mean nearly cancels, and how
    // far it is off relative to itself would depend on the draw.
    const at::Tensor activation = at::randn({2, 3, frames, side, side + 1}, at::kDouble).relu_();
    const at::Tensor expected = testing::plain_pool(activation, repeats, window);
    for (const char* time : {"first", "second"})
      EXPECT_LE(testing::relative_error((window == 8 ? slow : fast).forward(activation, repeats), expected),
                1e-6)
          << frames << " frames, window " << window << ", side " << side << ", " << time << " time";
  }
}

TEST(MotionPoolTest, TimeWeightsOfSixAndTwelveFrames) {
  const auto expect_near = [](const std::vector<double>& weights, const std::vector<double>& expected,
                              double bound) {
    ASSERT_EQ(weights.size(), expected.size());
    for (size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(weights[i], expected[i], bound) << i;
  };
  expect_near(pooled_mean_weights(2, time_repeats(6), 8), {0.5, 0.5}, 1e-15);
  expect_near(pooled_mean_weights(6, time_repeats(6), 32), {0.125, 0.1875, 0.1875, 0.1875, 0.1875, 0.125},
              1e-15);
  expect_near(pooled_mean_weights(3, time_repeats(12), 8), {0.25, 0.5, 0.25}, 1e-15);
  expect_near(
      pooled_mean_weights(12, time_repeats(12), 32),
      {0.01838, 0.04779, 0.07721, 0.10662, 0.125, 0.125, 0.125, 0.125, 0.10662, 0.07721, 0.04779, 0.01838},
      5e-6);  // printed to five digits
}

TEST(MotionPoolTest, SlowFramesSpanTheClip) {
  const auto frames = [](int64_t count) {
    const at::Tensor indices = slow_frame_indices(count);
    return std::vector<int64_t>(indices.data_ptr<int64_t>(), indices.data_ptr<int64_t>() + indices.numel());
  };
  EXPECT_EQ(frames(1), (std::vector<int64_t>{0}));
  EXPECT_EQ(frames(4), (std::vector<int64_t>{0}));
  EXPECT_EQ(frames(5), (std::vector<int64_t>{0, 4}));
  EXPECT_EQ(frames(6), (std::vector<int64_t>{0, 5}));
  EXPECT_EQ(frames(12), (std::vector<int64_t>{0, 5, 11}));
}

TEST(MotionNetTest, FrozenPartsKeepNoGradient) {
  const Tensors tensors = testing::random_motion({}, 4);
  ParameterStore all, some;
  testing::fill(all, tensors, true);
  testing::fill(some, tensors, false);
  const std::string conv = "motion.1.multipathway_blocks.1.res_blocks.0.branch2.conv_b.weight";
  const std::string norm = "motion.0.multipathway_blocks.0.norm.weight";
  for (const std::string& name : {conv, norm}) some.get(name).grad = at::ones_like(some.get(name).value);
  const at::Tensor pixels = at::randn({2, 6, 3, 32, 32});
  for (ParameterStore* store : {&all, &some}) {
    const MotionNet net(*store);
    MotionSaved saved;
    net.backward(at::ones_like(net.forward(pixels, saved)), saved);
  }
  for (const Parameter* parameter : some.in_order()) {
    if (parameter->name != conv && parameter->name != norm) {
      EXPECT_FALSE(parameter->trainable()) << parameter->name;
    } else {  // added to the ones that were there
      EXPECT_LE(testing::relative_error(parameter->grad - 1, all.get(parameter->name).grad), kTolerance);
    }
  }
}

// A clip's feature does not depend on its neighbours, and the order of the clips is that of the features.
TEST(MotionNetTest, ClipsAreIndependent) {
  ParameterStore store;
  testing::fill(store, testing::random_motion({}, 6), false);
  const MotionNet net(store);
  const at::Tensor pixels = at::randn({5, 6, 3, 48, 48});
  const at::Tensor together = net.forward(pixels);
  for (int64_t i = 0; i < pixels.size(0); ++i)
    EXPECT_LE(testing::relative_error(net.forward(pixels.narrow(0, i, 1)), together.narrow(0, i, 1)),
              kTolerance);
}

// In bfloat16 the folded norm may err at most twice what the unfolded layers do.
TEST(MotionNetTest, Bfloat16ErrsNoMoreThanPlainBfloat16) {
  const Tensors tensors = testing::random_motion({16, 4, 2, {2, 1, 1}, 8, 2}, 8);
  ParameterStore store;
  testing::fill(store, tensors, false, at::kBFloat16);
  const MotionNet net(store);
  const at::Tensor pixels = at::randn({4, 6, 3, 64, 64}).to(at::kBFloat16);
  Tensors rounded, exact;
  for (const auto& [name, value] : tensors) {
    rounded[name] = value.to(at::kBFloat16);
    exact[name] = rounded[name].to(at::kDouble);
  }
  const at::Tensor expected = testing::plain_motion(exact, pixels.to(at::kDouble));
  const at::Tensor feature = net.forward(pixels);
  EXPECT_EQ(feature.scalar_type(), at::kBFloat16);
  EXPECT_LE(testing::relative_error(feature, expected),
            2 * testing::relative_error(testing::plain_motion(rounded, pixels), expected));
}

TEST(MotionNetTest, RefusesPixelsOfAnotherShapeOrType) {
  ParameterStore store;
  testing::fill(store, testing::random_motion({}, 10), false);
  const MotionNet net(store);
  EXPECT_THROW(net.forward(at::zeros({6, 3, 32, 32})), Error);
  EXPECT_THROW(net.forward(at::zeros({1, 6, 4, 32, 32})), Error);
  EXPECT_THROW(net.forward(at::zeros({1, 0, 3, 32, 32})), Error);
  EXPECT_THROW(net.forward(at::zeros({1, 6, 3, 32, 32}, at::kBFloat16)), Error);
}

std::string refusal(const Tensors& tensors) {
  ParameterStore store;
  testing::fill(store, tensors, false);
  try {
    const MotionNet net(store);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::E_FORMAT);
    return error.what();
  }
  return "";
}

TEST(MotionNetTest, NamesEveryTensorThatIsMissing) {
  const Tensors whole = testing::random_motion({8, 4, 2, {2, 1}, 4, 2}, 9);
  EXPECT_EQ(refusal(whole), "");
  for (const auto& [name, value] : whole) {
    Tensors holed = whole;
    holed.erase(name);
    // What is missing, or what is left without its fellows, is named.
    EXPECT_NE(refusal(holed), "") << name;
    if (name.find("branch1") == std::string::npos) {
      EXPECT_NE(refusal(holed).find("'" + name + "'"), std::string::npos) << refusal(holed);
    }
  }
}

TEST(MotionNetTest, NamesATensorThatDoesNotFit) {
  const Tensors whole = testing::random_motion({8, 4, 2, {2, 1}, 4, 2}, 9);
  for (const auto& [name, value] : whole) {
    Tensors misshapen = whole;
    misshapen[name] = at::cat({value, value}, value.dim() == 5 ? 1 : 0);
    EXPECT_NE(refusal(misshapen).find("'" + name + "'"), std::string::npos)
        << name << ": " << refusal(misshapen);
  }
  Tensors more = whole;
  more["motion.6.proj.weight"] = at::zeros({4, 4});
  EXPECT_NE(refusal(more).find("'motion.6.proj.weight'"), std::string::npos) << refusal(more);
  more = whole;
  more["motion.0.multipathway_blocks.0.norm.num_batches_tracked"] = at::zeros({}, at::kLong);
  EXPECT_EQ(refusal(more), "");
}

// Libraries have read memory that nobody wrote where a kernel of five frames meets one: there it is full of
// what is no number.
TEST(OneFrame, IsInBfloat16WhatItIsInFloat32) {
  at::manual_seed(3);
  const auto part = [](at::IntArrayRef shape) { return at::randn(shape) / 8; };
  const at::Tensor kernel = part({8, 3, 5, 7, 7}), frame = part({1, 3, 1, 64, 64});
  std::map<at::ScalarType, at::Tensor> responses;
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
    for (int i = 0; i < 20; ++i) {
      for (const int64_t size : {256, 4096, 65536, 300000}) at::full({size}, NAN);
      ParameterStore store;
      const auto add = [&](const std::string& name, const at::Tensor& value) {
        return &store.add(name, value.to(type));
      };
      const ConvNorm conv{.weight = add("w", kernel),
                          .norm = {.weight = add("n", at::ones({8})),
                                   .bias = add("b", at::zeros({8})),
                                   .running_mean = add("m", at::zeros({8})),
                                   .running_var = add("v", at::ones({8}))},
                          .space_stride = 2};
      const at::Tensor response = conv.forward(frame.to(type), Statistics::kKeep).to(at::kFloat);
      const auto [first, is_first] = responses.try_emplace(type, response);
      EXPECT_TRUE(at::equal(first->second, response)) << i;
    }
  EXPECT_LE(testing::relative_error(responses[at::kBFloat16], responses[at::kFloat]), 0.01);
}

}  // namespace
}  // namespace vqat::model
