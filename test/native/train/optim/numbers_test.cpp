// Moments and masters kept narrow: against bitsandbytes' record, and what a rounding may and may not do.
#include "train/optim/numbers.h"

#include <map>

#include "../stored_state.h"
#include "train/optim/adamw.h"

namespace vqat::train {
namespace {

std::map<std::string, at::Tensor> recorded() {
  std::map<std::string, at::Tensor> out;
  WeightReader reader;
  for (const StoredTensor& tensor :
       read_state(std::string(VQAT_GOLDENS) + "/optim/adamw8bit.safetensors").tensors)
    out[tensor.name] = reader.read(tensor, tensor.sources[0].dtype, at::kCPU, {});
  return out;
}

TEST(Block8, CodesHaveTheRecordedValues) {
  const auto record = recorded();
  EXPECT_TRUE(at::equal(dynamic_tree(true), record.at("signed")));
  EXPECT_TRUE(at::equal(dynamic_tree(false), record.at("unsigned")));
}

// Of one parameter, whose state is what the record had after the step before.
struct Step {
  at::Tensor after;
  std::map<std::string, at::Tensor> state;
};

Step step_from(const std::map<std::string, at::Tensor>& record, int64_t step) {
  const auto of = [&](const std::string& name, int64_t at) {
    return record.at(name + "." + std::to_string(at));
  };
  Parameter parameter{"language.weight", of("p", step - 1).clone(), {}};
  Arena arena({&parameter});
  const auto optimizer = adamw({.weight_decay = 0.1, .moments = Width::kBlock8}).make(arena);
  if (step > 1)
    for (const auto& [name, tensor] : optimizer->state())
      tensor.copy_(of(name.substr(0, name.find('.')), step - 1));
  parameter.grad.copy_(of("g", step));
  optimizer->update(0, arena.size(), 0.01, step);
  Step out{.after = parameter.value.clone(), .state = {}};
  for (const auto& [name, tensor] : optimizer->state())
    out.state[name.substr(0, name.find('.'))] = tensor.clone();
  return out;
}

// What codes stand for, in double.
at::Tensor wide(const at::Tensor& codes, const at::Tensor& scales, bool has_sign) {
  const at::Tensor values = dynamic_tree(has_sign).to(at::kDouble).index_select(0, codes.to(at::kInt));
  return values * scales.to(at::kDouble).repeat_interleave(Arena::kBlock).narrow(0, 0, codes.numel());
}

// How far each exact number is from the code nearest to it, and whether that code is 0.
struct Nearest {
  at::Tensor distance, is_zero;
};

Nearest nearest_to(const at::Tensor& exact, const at::Tensor& scales, bool has_sign) {
  const at::Tensor wide_scales =
      scales.to(at::kDouble).repeat_interleave(Arena::kBlock).narrow(0, 0, exact.numel());
  const at::Tensor tree = dynamic_tree(has_sign).to(at::kDouble);
  const auto [distance, code] = (wide_scales.unsqueeze(1) * tree - exact.unsqueeze(1)).abs().min(1);
  return {distance, tree.index_select(0, code) == 0};
}

TEST(Block8, AStepFromTheRecordsCodesMovesAsTheRecordAndItsCodesAreTheNearest) {
  const auto record = recorded();
  for (int64_t step = 1; step <= 3; ++step) {
    SCOPED_TRACE(step);
    const auto of = [&](const std::string& name, int64_t at) {
      return record.at(name + "." + std::to_string(at));
    };
    const Step own = step_from(record, step);
    EXPECT_LE((own.after - of("p", step)).abs().max().item<double>(), 1e-6);
    const at::Tensor g = of("g", step).to(at::kDouble);
    for (const std::string name : {"m", "v"}) {
      SCOPED_TRACE(name);
      const bool has_sign = name == "m";
      const at::Tensor added = has_sign ? 0.1 * g : 0.001 * g.square();
      const at::Tensor exact =
          step == 1 ? added
                    : added + (has_sign ? 0.9 : 0.999) *
                                  wide(of(name, step - 1), of(name + "_absmax", step - 1), has_sign);
      const at::Tensor scales = own.state.at(name + "_absmax"), codes = own.state.at(name);
      EXPECT_TRUE(at::allclose(scales, of(name + "_absmax", step), 1e-6, 0));
      const Nearest nearest = nearest_to(exact, scales, has_sign);
      // The codes of bitsandbytes' CPU are up to seven off the nearest, and none of them is 0.
      const at::Tensor raised = has_sign ? at::zeros_like(nearest.is_zero) : nearest.is_zero & (exact > 0);
      const at::Tensor excess = (wide(codes, scales, has_sign) - exact).abs() - nearest.distance;
      // Float32 carries the moments and their shares of the scale.
      EXPECT_LE(excess.masked_fill(raised, 0).max().item<double>(), 1e-7 * scales.max().item<double>());
      EXPECT_TRUE(
          at::equal(codes.masked_select(raised), at::ones({raised.sum().item<int64_t>()}, at::kByte)));
      if (!has_sign)
        std::cout << "step " << step << ": raised from 0: " << raised.sum().item<int64_t>() << "\n";
      if (!has_sign && step == 1) EXPECT_GT(raised.sum().item<int64_t>(), 0);
    }
  }
}

TEST(Block8, CodesAreTheNearest) {
  at::manual_seed(3);
  for (const bool has_sign : {true, false}) {
    const auto numbers = zeros_of(Width::kBlock8, 64 * Arena::kBlock, has_sign, 0, at::kCPU);
    // Magnitudes over seven powers of ten, each block of another scale.
    at::Tensor wanted = at::pow(10, at::rand({64, Arena::kBlock}) * -8) * at::pow(10, at::randn({64, 1}));
    if (has_sign) wanted = wanted * at::randn({64, Arena::kBlock}).sign();
    wanted[7].zero_();
    const at::Tensor flat = wanted.view({-1});
    numbers->store(0, flat, 1);
    const at::Tensor kept = numbers->load(0, flat.numel());
    const at::Tensor largest = wanted.abs().amax(1, true);
    const at::Tensor all = (largest.unsqueeze(2) * dynamic_tree(has_sign)).to(at::kDouble);
    const at::Tensor least = (all - wanted.unsqueeze(2)).abs().amin(2);
    at::Tensor excess = (kept.view_as(wanted) - wanted).abs() - least;
    // Float32 carries the products.
    at::Tensor allowed = largest * 1e-7;
    // Without a sign, the ones nearest to 0 were raised to the first code above.
    if (!has_sign) excess = excess.masked_fill(kept.view_as(wanted) == all.select(2, 1).to(at::kFloat), 0);
    EXPECT_LE((excess - allowed).max().item<double>(), 0);
    EXPECT_TRUE(at::equal(kept.view_as(wanted)[7], at::zeros({Arena::kBlock})));
    EXPECT_TRUE(at::equal(kept == 0, flat == 0) || has_sign);
  }
}

// Nearest rounding of the second moment would move a weight by 12,731 learning rates here: its moment is 0
// and the first is not.
TEST(Block8, AGradientThatWasSmallMovesAWeightLittle) {
  std::map<Width, double> moved;
  for (const Width moments : {Width::kFloat32, Width::kBlock8}) {
    Parameter parameter{"language.weight", at::zeros({kLeast8}), {}};
    Arena arena({&parameter});
    const auto optimizer = adamw({.moments = moments}).make(arena);
    parameter.grad.fill_(1);
    parameter.grad[5] = 3e-4;
    optimizer->update(0, arena.size(), 1, 1);
    const double before = parameter.value[5].item<double>();
    parameter.grad[5] = 0;
    optimizer->update(0, arena.size(), 1, 2);
    moved[moments] = std::abs(parameter.value[5].item<double>() - before);
  }
  EXPECT_GT(moved[Width::kFloat32], 0.1);
  EXPECT_LE(moved[Width::kBlock8], moved[Width::kFloat32]);
}

TEST(BFloat16, RoundsUpAsOftenAsItCutsOff) {
  const int64_t count = int64_t{1} << 20;
  const auto numbers = zeros_of(Width::kBFloat16, count, true, 7, at::kCPU);
  for (const double value : {1 + 0.25 / 128, -1 - 0.75 / 128, 3e-5}) {
    SCOPED_TRACE(value);
    numbers->store(0, at::full({count}, value, at::kFloat), 1);
    const at::Tensor kept = numbers->load(0, count).to(at::kDouble);
    const double low = kept.min().item<double>(), high = kept.max().item<double>();
    EXPECT_LT(high - low, std::abs(value) / 64);
    // Five standard deviations of the mean.
    const double bound = 5 * (high - low) / 2 / std::sqrt(static_cast<double>(count));
    EXPECT_NEAR(kept.mean().item<double>(), static_cast<double>(static_cast<float>(value)), bound);
  }
}

TEST(BFloat16, ARoundingIsNamedByArrayPlaceAndStep) {
  const int64_t count = 64 * Arena::kBlock;
  const at::Tensor value = at::full({count}, 1.002, at::kFloat);
  const auto kept = [&](uint64_t salt, int64_t step) {
    const auto numbers = zeros_of(Width::kBFloat16, count, true, salt, at::kCPU);
    numbers->store(0, value, step);
    return numbers->load(0, count);
  };
  EXPECT_TRUE(at::equal(kept(1, 1), kept(1, 1)));
  EXPECT_FALSE(at::equal(kept(1, 1), kept(1, 2)));
  EXPECT_FALSE(at::equal(kept(1, 1), kept(2, 1)));
  EXPECT_FALSE(at::equal(kept(1, 1).narrow(0, 0, count / 2), kept(1, 1).narrow(0, count / 2, count / 2)));
}

TEST(BFloat16, WhatIsOneAlreadyStays) {
  const at::Tensor values = at::randn({4 * Arena::kBlock}).to(at::kBFloat16).to(at::kFloat);
  const auto numbers = zeros_of(Width::kBFloat16, values.numel(), true, 7, at::kCPU);
  numbers->store(0, values.clone(), 3);
  EXPECT_TRUE(at::equal(numbers->load(0, values.numel()), values));
}

TEST(AdamW, SmallParametersAndTheTokenEmbeddingStayFloat32In8Bits) {
  Parameter large{"language.head.weight", at::zeros({kLeast8}), {}},
      small{"language.weight", at::zeros({kLeast8 - 1}), {}},
      embedding{"language.embed.weight", at::zeros({2 * kLeast8}), {}};
  Arena arena({&large, &small, &embedding});
  const auto choice = adamw({.moments = Width::kBlock8});
  std::map<std::string, at::ScalarType> types;
  double bytes = 0;
  for (const auto& [name, tensor] : choice.make(arena)->state()) {
    types[name] = tensor.scalar_type();
    bytes += static_cast<double>(tensor.nbytes());
  }
  const std::map<std::string, at::ScalarType> expected{{"m.language.head.weight", at::kByte},
                                                       {"v.language.head.weight", at::kByte},
                                                       {"m_absmax.language.head.weight", at::kFloat},
                                                       {"v_absmax.language.head.weight", at::kFloat},
                                                       {"m.language.weight", at::kFloat},
                                                       {"v.language.weight", at::kFloat},
                                                       {"m.language.embed.weight", at::kFloat},
                                                       {"v.language.embed.weight", at::kFloat}};
  EXPECT_EQ(types, expected);
  // A parameter of 4095 values is padded by one.
  EXPECT_EQ(choice.bytes(large) + choice.bytes(small) + choice.bytes(embedding), bytes + 2 * 4);
}

TEST(AdamW, WithoutMastersTheValuesDriftAsFarAsTheyShould) {
  const int64_t count = 16 * kLeast8;
  Parameter parameter{"language.weight", at::ones({count}).to(at::kBFloat16), {}};
  Arena arena({&parameter}, false);
  EXPECT_TRUE(arena.masters().scalar_type() == at::kBFloat16);
  const auto optimizer = adamw({.moments = Width::kBFloat16}).make(arena);
  parameter.grad.fill_(1);
  // Each step is a fortieth of the last digit, which nearest rounding would never see.
  for (int64_t step = 1; step <= 100; ++step) optimizer->update(0, arena.size(), 1e-4, step);
  EXPECT_NEAR(parameter.value.to(at::kDouble).mean().item<double>(), 1 - 1e-2, 1e-4);
}

}  // namespace
}  // namespace vqat::train
