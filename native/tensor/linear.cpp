#include "tensor/linear.h"

namespace vqat {

at::Tensor Linear::forward(const at::Tensor& x) const {
  return bias ? at::addmm(bias->value, x, weight->value.t()) : at::mm(x, weight->value.t());
}

at::Tensor Linear::backward(const at::Tensor& dy, const at::Tensor& x, bool need_input) const {
  if (weight->trainable()) add_outer(weight->grad, dy, x);
  if (bias && bias->trainable()) add_row_sum(bias->grad, dy);
  return need_input ? at::mm(dy, weight->value) : at::Tensor();
}

void add_outer(at::Tensor& grad, const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() == at::kFloat) {
    grad.addmm_(a.t(), b);
  } else {
    grad.add_(at::mm(a.t(), b));
  }
}

void add_row_sum(at::Tensor& grad, const at::Tensor& a) { grad.add_(at::sum(a, {0}, false, at::kFloat)); }

}  // namespace vqat
