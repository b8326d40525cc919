// Every optimiser on every device: its update is the CPU's there. A new optimiser belongs in this list.
#include "named_devices.h"
#include "train/optim/adamw.h"

namespace vqat::train {
namespace {

const std::vector<Named<MakeOptimizer>>& optimizers() {
  static const std::vector<Named<MakeOptimizer>> all{
      {"adamw", adamw({.weight_decay = 0.1})},
      {"adamw, all decay", adamw({.weight_decay = 0.1, .decays_all = true})},
      {"adamw, bfloat16 moments", adamw({.weight_decay = 0.1, .moments = Width::kBFloat16})},
      {"adamw, 8-bit moments", adamw({.weight_decay = 0.1, .moments = Width::kBlock8})},
  };
  return all;
}

TEST(Optimizers, UpdateOnCudaAsOnTheCpu) {
  if (const std::string reason = missing_cuda(); !reason.empty()) GTEST_SKIP() << reason;
  for (const auto& [name, make] : optimizers()) {
    SCOPED_TRACE(name);
    std::vector<at::Tensor> masters;
    for (const at::Device device : {at::Device(at::kCPU), at::Device(at::kCUDA)}) {
      Parameter weight{"language.weight", at::arange(-2, 2, 5e-4, at::kFloat).to(device), {}};
      Parameter bias{"language.bias", at::arange(0, 1, 0.1, at::kFloat).to(device), {}};
      Arena arena({&weight, &bias});
      const auto optimizer = make.make(arena);
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

}  // namespace
}  // namespace vqat::train
