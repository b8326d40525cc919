#include "model/rotary.h"

#include <cmath>

#include "kernels/rope/rope.h"
#include "tensor/dispatch.h"

namespace vqat::model {

RotaryTables rotary_tables(const LanguageGeometry& geometry, int64_t length, at::Device device) {
  const double d = static_cast<double>(geometry.head_width);
  double theta = geometry.rope_theta;
  if (geometry.rope_factor > 1 && length > geometry.max_positions) {
    const double stretch =
        geometry.rope_factor * static_cast<double>(length) / static_cast<double>(geometry.max_positions) -
        (geometry.rope_factor - 1);
    theta *= std::pow(stretch, d / (d - 2));
  }
  const auto f32 = at::dtype(at::kFloat);
  const at::Tensor exponent = at::arange(0, geometry.head_width, 2, f32) / d;
  const at::Tensor frequency = at::reciprocal(at::pow(theta, exponent));
  const at::Tensor angle = at::outer(at::arange(length, f32), frequency);
  return {angle.cos().to(device), angle.sin().to(device)};
}

void rotate(at::Tensor& qkv, const at::Tensor& positions, const RotaryTables& tables,
            const LanguageGeometry& geometry, bool inverse) {
  dispatch_storage(qkv, [&](auto zero) {
    using T = decltype(zero);
    kernels::rope<T>({.x = data<T>(qkv),
                      .positions = data<int32_t>(positions),
                      .cos = data<float>(tables.cos),
                      .sin = data<float>(tables.sin),
                      .rows = qkv.size(0),
                      .heads = geometry.heads + geometry.kv_heads,
                      .head_dim = geometry.head_width,
                      .row_stride = qkv.size(1),
                      .inverse = inverse});
  });
}

}  // namespace vqat::model
