#include "tensor/linear.h"

#include "base/error.h"
#include "base/safe_point.h"

namespace vqat {

bool is_adapter(const std::string& name) { return name.ends_with(".lora_a") || name.ends_with(".lora_b"); }

at::Tensor Linear::forward(const at::Tensor& x) const {
  safe_point();
  at::Tensor y = bias ? at::addmm(bias->value, x, weight->value.t()) : at::mm(x, weight->value.t());
  for (const auto& [a, b, first_row, scale] : adapters)
    y.narrow(1, first_row, b->value.size(0))
        .addmm_(at::mm(x, a->value.t()), b->value.t(), /*beta=*/1, /*alpha=*/scale);
  return y;
}

at::Tensor Linear::backward(const at::Tensor& dy, const at::Tensor& x, bool need_input) const {
  safe_point();
  if (weight->trainable()) add_outer(weight->grad, dy, x);
  if (bias && bias->trainable()) add_row_sum(bias->grad, dy);
  at::Tensor dx = need_input ? at::mm(dy, weight->value) : at::Tensor();
  for (const auto& [a, b, first_row, scale] : adapters) {
    const at::Tensor share = dy.narrow(1, first_row, b->value.size(0));
    if (b->trainable()) add_outer(b->grad, share, at::mm(x, a->value.t()).mul_(scale));
    if (!need_input && !a->trainable()) continue;
    const at::Tensor dinner = at::mm(share, b->value).mul_(scale);  // [rows, rank]
    if (a->trainable()) add_outer(a->grad, dinner, x);
    if (need_input) dx.addmm_(dinner, a->value);
  }
  return dx;
}

void Linear::add_adapter(ParameterStore& parameters, int64_t first_row, const at::Tensor& a,
                         const at::Tensor& b, double scale) {
  const at::Tensor& w = weight->value;
  check(a.dim() == 2 && b.dim() == 2 && a.size(1) == w.size(1) && a.size(0) == b.size(1) && first_row >= 0 &&
            first_row + b.size(0) <= w.size(0),
        "adapter of '", weight->name, "' ", w.sizes(), " from row ", first_row,
        ": expected a [rank, in] and b [rows, rank] inside the weight, found ", a.sizes(), " and ",
        b.sizes());
  const std::string name = weight->name + '.' + std::to_string(first_row);
  Parameter& down = parameters.add(name + ".lora_a", a.to(w.options()));
  adapters.push_back({&down, &parameters.add(name + ".lora_b", b.to(w.options())), first_row, scale});
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
