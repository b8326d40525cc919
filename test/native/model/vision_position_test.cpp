// The gradient of the position table where it is resampled, against torch's autograd of the resampling
// operator.
#include <gtest/gtest.h>

#include "motion_cases.h"
#include "random_model.h"

namespace vqat::model::testing {
namespace {

void expect_autograd(int64_t size) {
  const auto written = random_model(3), recorded = random_model(3);
  at::manual_seed(size);
  const auto clip = std::make_shared<Clip>(2, size);
  clip->write_pixels(at::randn({2, 3, size, size}).data_ptr<float>());
  Parameter& table = written->parameters().get("vision.position_embedding");
  Parameter& leaf = recorded->parameters().get("vision.position_embedding");
  table.grad = at::zeros_like(table.value);
  leaf.value = leaf.value.clone().requires_grad_();

  ModelSaved saved;
  const at::Tensor features = written->encode({clip}, &saved).tokens,
                   expected = recorded->encode({clip}).tokens;
  const at::Tensor grad = at::randn(expected.sizes());
  expected.backward(grad);
  written->encoder().backward(grad, {}, saved.encoder);
  // float32 sums of up to a few hundred terms in another order, as in vision_adapter_test.cpp
  EXPECT_LE(relative_error(table.grad, leaf.value.grad()), 1e-5) << size;
  EXPECT_TRUE(at::equal(features, expected.detach()));
}

TEST(PositionTest, OfTheTrainedGrid) { expect_autograd(kGeometry.vision.image_size); }
TEST(PositionTest, OfAFinerGrid) {
  expect_autograd(16);
  expect_autograd(24);
}

}  // namespace
}  // namespace vqat::model::testing
