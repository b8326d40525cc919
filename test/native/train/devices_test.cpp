// Every loss and every optimiser on every device: its slope and its update are the CPU's there. A new one
// belongs in these lists.
#include <gtest/gtest.h>

#include <functional>

#include "tensor/deterministic.h"
#include "tensor/device.h"
#include "text_batch.h"
#include "train/losses/loss.h"
#include "train/optim/adamw.h"

namespace vqat::train {
namespace {

template <class What>
struct Named {
  const char* name;
  What what;
};

// Each reads 3 values in one sequence, or one clip with 3 outputs.
const std::vector<Named<std::function<std::unique_ptr<Loss>()>>>& losses() {
  static const std::vector<Named<std::function<std::unique_ptr<Loss>()>>> all{
      {"policy",
       [] {
         return policy_loss({0.7f}, {-1.1f, -0.4f, -2.0f}, {.low = 0.2, .high = 0.2}, 0.04);
       }},
      {"likelihood", [] { return likelihood_loss(); }},
      {"regression",
       [] {
         return regression_loss({0.5f, -0.25f, 2.0f});
       }},
  };
  return all;
}

const std::vector<Named<MakeOptimizer>>& optimizers() {
  static const std::vector<Named<MakeOptimizer>> all{
      {"adamw", adamw({.weight_decay = 0.1})},
      {"adamw, all decay", adamw({.weight_decay = 0.1, .decays_all = true})},
  };
  return all;
}

// The reason to skip for, "" where there is a device.
std::string missing_cuda() {
  try {
    check_device(at::kCUDA);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

struct Slope {
  at::Tensor slope;
  Metrics metrics;
};

Slope slope_of(Loss& loss, const at::Device& device) {
  const auto f32 = at::dtype(at::kFloat);
  const at::Tensor values = at::arange(-1.5, 0, 0.5, f32);
  const MicroBatch micro{.groups = 1, .offsets = {0, 3}};
  const at::Tensor shaped = loss.reads_predictions() ? values.view({1, 3}) : values;
  Outputs outputs{.micro = micro,
                  .values = shaped.to(device),
                  .reference = loss.wants_reference() ? (values - 0.1).to(device) : at::Tensor(),
                  .weights = at::full({3}, 1.0 / 3, at::kDouble).to(device)};
  Upload upload;
  loss.gather(micro, 3, upload);
  upload.send(device);
  const at::Tensor slope = loss.slope(outputs).cpu();
  return {slope, loss.metrics()};
}

TEST(Losses, HaveTheCpusSlopeOnCuda) {
  if (const std::string reason = missing_cuda(); !reason.empty()) GTEST_SKIP() << reason;
  for (const auto& [name, make] : losses()) {
    SCOPED_TRACE(name);
    const auto on_cpu = make(), on_cuda = make();
    const Slope want = slope_of(*on_cpu, at::kCPU), got = slope_of(*on_cuda, at::kCUDA);
    EXPECT_GT(want.slope.abs().max().item<float>(), 0);
    EXPECT_TRUE(at::allclose(got.slope, want.slope, 1e-6, 1e-8));
    EXPECT_NEAR(got.metrics.loss, want.metrics.loss, 1e-6 * std::abs(want.metrics.loss));
    EXPECT_EQ(got.metrics.predictions, want.metrics.predictions);
  }
}

TEST(Optimizers, UpdateOnCudaAsOnTheCpu) {
  if (const std::string reason = missing_cuda(); !reason.empty()) GTEST_SKIP() << reason;
  for (const auto& [name, make] : optimizers()) {
    SCOPED_TRACE(name);
    std::vector<at::Tensor> masters;
    for (const at::Device device : {at::Device(at::kCPU), at::Device(at::kCUDA)}) {
      Parameter weight{"language.weight", at::arange(-2, 2, 0.01, at::kFloat).to(device), {}};
      Parameter bias{"language.bias", at::arange(0, 1, 0.1, at::kFloat).to(device), {}};
      Arena arena({&weight, &bias});
      const auto optimizer = make(arena);
      for (int64_t step = 1; step <= 3; ++step) {
        arena.gradients().copy_(at::linspace(-1, 1, arena.size(), at::kFloat) * static_cast<double>(step));
        optimizer->update(0, arena.size(), 0.01, step);
      }
      masters.push_back(arena.masters().cpu());
    }
    EXPECT_TRUE(at::allclose(masters[1], masters[0], 1e-6, 1e-7));
    EXPECT_GT((masters[0] - at::zeros_like(masters[0])).abs().max().item<float>(), 1.9f);
  }
}

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
}  // namespace vqat::train
