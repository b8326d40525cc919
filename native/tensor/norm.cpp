#include "tensor/norm.h"

#include "tensor/ops/norm.h"

namespace vqat {

at::Tensor Norm::forward(const at::Tensor& x, NormSaved* saved) const {
  if (rms) return ops::rms_norm(x, weight->value, eps, saved ? &saved->rstd : nullptr);
  auto [y, mean, rstd] = at::native_layer_norm(x, {x.size(1)}, weight->value, bias->value, eps);
  if (saved) *saved = {mean, rstd};
  return y;
}

at::Tensor Norm::backward(const at::Tensor& dy, const at::Tensor& x, const NormSaved& saved,
                          bool need_input) const {
  if (rms) return ops::rms_norm_backward(dy.contiguous(), x, weight->value, saved.rstd, weight->grad);
  const bool train_weight = weight->trainable(), train_bias = bias->trainable();
  auto [dx, dweight, dbias] =
      at::native_layer_norm_backward(dy.contiguous(), x, {x.size(1)}, saved.mean, saved.rstd, weight->value,
                                     bias->value, {need_input, train_weight, train_bias});
  if (train_weight) weight->grad.add_(dweight);
  if (train_bias) bias->grad.add_(dbias);
  return dx;
}

}  // namespace vqat
