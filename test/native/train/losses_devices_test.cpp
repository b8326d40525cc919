// Every loss on every device: its slope is the CPU's there. A new loss belongs in this list.
#include <functional>

#include "named_devices.h"
#include "train/losses/loss.h"

namespace vqat::train {
namespace {

// Each reads 3 values in one sequence, or one clip with 3 outputs.
const std::vector<Named<std::function<std::unique_ptr<Loss>()>>>& losses() {
  static const std::vector<Named<std::function<std::unique_ptr<Loss>()>>> all{
      {"policy",
       [] {
         return policy_loss({0.7f}, {-1.1f, -0.4f, -2.0f}, {.beta = 0.04});
       }},
      {"policy by sequence, with all terms",
       [] {
         return policy_loss({-0.7f}, {-1.1f, -0.4f, -2.0f},
                            {.by_sequence = true,
                             .beta = 0.04,
                             .kl_times_ratio = true,
                             .entropy_weight = 0.1,
                             .off_policy_most = 1,
                             .top_entropy = 0.5});
       }},
      {"likelihood", [] { return likelihood_loss(); }},
      {"regression",
       [] {
         return regression_loss({0.5f, -0.25f, 2.0f});
       }},
  };
  return all;
}

struct Found {
  Slopes slopes;
  Metrics metrics;
};

Found slopes_of(Loss& loss, const at::Device& device) {
  const auto f32 = at::dtype(at::kFloat);
  const at::Tensor values = at::arange(-1.5, 0, 0.5, f32);
  const MicroBatch micro{.groups = 1, .offsets = {0, 3}};
  const at::Tensor shaped = loss.reads_predictions() ? values.view({1, 3}) : values;
  Outputs outputs{.micro = micro,
                  .values = shaped.to(device),
                  .entropy = loss.wants_entropy() ? (values + 2).to(device) : at::Tensor(),
                  .reference = loss.wants_reference() ? (values - 0.1).to(device) : at::Tensor(),
                  .weights = at::full({3}, 1.0 / 3, at::kDouble).to(device)};
  Upload upload;
  loss.gather(micro, 3, upload);
  upload.send(device);
  if (loss.surveys()) loss.survey(outputs);
  const Slopes slopes = loss.slope(outputs);
  const at::Tensor entropy = slopes.entropy.defined() ? slopes.entropy.cpu() : at::zeros({3}, f32);
  return {{slopes.values.cpu(), entropy}, loss.metrics()};
}

TEST(Losses, HaveTheCpusSlopeOnCuda) {
  if (const std::string reason = missing_cuda(); !reason.empty()) GTEST_SKIP() << reason;
  for (const auto& [name, make] : losses()) {
    SCOPED_TRACE(name);
    const auto on_cpu = make(), on_cuda = make();
    const Found want = slopes_of(*on_cpu, at::kCPU), got = slopes_of(*on_cuda, at::kCUDA);
    EXPECT_GT(want.slopes.values.abs().max().item<float>(), 0);
    EXPECT_TRUE(at::allclose(got.slopes.values, want.slopes.values, 1e-6, 1e-8));
    EXPECT_TRUE(at::equal(got.slopes.entropy, want.slopes.entropy));
    EXPECT_NEAR(got.metrics.entropy, want.metrics.entropy, 1e-12);
    EXPECT_NEAR(got.metrics.loss, want.metrics.loss, 1e-6 * std::abs(want.metrics.loss));
    EXPECT_EQ(got.metrics.predictions, want.metrics.predictions);
  }
}

}  // namespace
}  // namespace vqat::train
