#include "tensor/norm.h"

#include "kernels/rms_norm/rms_norm.h"
#include "tensor/dispatch.h"
#include "tensor/launch.h"

namespace vqat {
namespace {

at::Tensor rms_forward(const Norm& norm, const at::Tensor& x, NormSaved* saved) {
  at::Tensor y = at::empty_like(x);
  at::Tensor rstd;
  if (saved) rstd = saved->rstd = at::empty({x.size(0)}, x.options().dtype(at::kFloat));
  dispatch_type(x, [&](auto zero) {
    using T = decltype(zero);
    launch(x.device(), kernels::RmsNormForward<T>{.x = data<T>(x),
                                                  .weight = data<T>(norm.weight->value),
                                                  .y = data<T>(y),
                                                  .rstd = saved ? data<float>(rstd) : nullptr,
                                                  .rows = x.size(0),
                                                  .width = x.size(1),
                                                  .eps = static_cast<float>(norm.eps)});
  });
  return y;
}

at::Tensor rms_backward(const Norm& norm, const at::Tensor& dy, const at::Tensor& x, const NormSaved& saved) {
  at::Tensor dx = at::empty_like(x);
  dispatch_storage(x, [&](auto zero) {
    using T = decltype(zero);
    kernels::rms_norm_backward<T>(
        {.dy = data<T>(dy),
         .x = data<T>(x),
         .weight = data<T>(norm.weight->value),
         .rstd = data<float>(saved.rstd),
         .dx = data<T>(dx),
         .dweight = norm.weight->trainable() ? data<float>(norm.weight->grad) : nullptr,
         .rows = x.size(0),
         .width = x.size(1)});
  });
  return dx;
}

}  // namespace

at::Tensor Norm::forward(const at::Tensor& x, NormSaved* saved) const {
  if (rms) return rms_forward(*this, x, saved);
  auto [y, mean, rstd] = at::native_layer_norm(x, {x.size(1)}, weight->value, bias->value, eps);
  if (saved) *saved = {mean, rstd};
  return y;
}

at::Tensor Norm::backward(const at::Tensor& dy, const at::Tensor& x, const NormSaved& saved,
                          bool need_input) const {
  if (rms) return rms_backward(*this, dy.contiguous(), x, saved);
  const bool train_weight = weight->trainable(), train_bias = bias->trainable();
  auto [dx, dweight, dbias] =
      at::native_layer_norm_backward(dy.contiguous(), x, {x.size(1)}, saved.mean, saved.rstd, weight->value,
                                     bias->value, {need_input, train_weight, train_bias});
  if (train_weight) weight->grad.add_(dweight);
  if (train_bias) bias->grad.add_(dbias);
  return dx;
}

}  // namespace vqat
