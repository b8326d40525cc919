#include "tensor/linear.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/safe_point.h"

namespace vqat {

bool is_adapter(const std::string& name) {
  return name.ends_with(".lora_a") || name.ends_with(".lora_b") || name.ends_with(".lora_m");
}

at::Tensor Linear::forward(const at::Tensor& x) const {
  safe_point();
  // A bias is no part of what is multiplied by a magnitude.
  const bool bias_last = bias && has_magnitudes();
  at::Tensor y =
      bias && !bias_last ? at::addmm(bias->value, x, weight->value.t()) : at::mm(x, weight->value.t());
  for (const Adapter& adapter : adapters) {
    at::Tensor share = y.narrow(1, adapter.first_row, adapter.rows());
    share.addmm_(at::mm(x, adapter.a->value.t()), adapter.b->value.t(), /*beta=*/1,
                 /*alpha=*/adapter.scale);
    if (adapter.magnitude) share.mul_(adapter.gain());
  }
  return bias_last ? y.add_(bias->value) : y;
}

at::Tensor Linear::backward(const at::Tensor& dy, const at::Tensor& x, bool need_input) const {
  safe_point();
  if (bias && bias->trainable()) add_row_sum(bias->grad, dy);
  const at::Tensor before = has_magnitudes() ? before_gains(dy, x) : dy;
  if (weight->trainable()) add_outer(weight->grad, before, x);
  at::Tensor dx = need_input ? at::mm(before, weight->value) : at::Tensor();
  for (const Adapter& adapter : adapters) {
    const auto& [a, b, scale] = std::tie(adapter.a, adapter.b, adapter.scale);
    const at::Tensor share = before.narrow(1, adapter.first_row, adapter.rows());
    if (b->trainable()) add_outer(b->grad, share, at::mm(x, a->value.t()).mul_(scale));
    if (!need_input && !a->trainable()) continue;
    const at::Tensor dinner = at::mm(share, b->value).mul_(scale);  // [rows, rank]
    if (a->trainable()) add_outer(a->grad, dinner, x);
    if (need_input) dx.addmm_(dinner, a->value);
  }
  return dx;
}

at::Tensor Linear::before_gains(const at::Tensor& dy, const at::Tensor& x) const {
  at::Tensor before = dy.clone();
  for (const Adapter& adapter : adapters) {
    if (!adapter.magnitude) continue;
    const auto share = [&](const at::Tensor& all) {
      return all.narrow(1, adapter.first_row, adapter.rows());
    };
    if (adapter.magnitude->trainable()) {
      at::Tensor rows = at::mm(x, weight->value.narrow(0, adapter.first_row, adapter.rows()).t());
      rows.addmm_(at::mm(x, adapter.a->value.t()), adapter.b->value.t(), 1, adapter.scale);
      adapter.magnitude->grad.add_(at::sum(share(dy) * rows, {0}, false, at::kFloat) / adapter.norm);
    }
    share(before).mul_(adapter.gain());
  }
  return before;
}

bool Linear::has_magnitudes() const {
  return std::any_of(adapters.begin(), adapters.end(), [](const Adapter& one) { return one.magnitude; });
}

at::Tensor Linear::summed(const Adapter& adapter) const {
  const at::Tensor rows = weight->value.narrow(0, adapter.first_row, adapter.rows()).to(at::kFloat);
  return at::addmm(rows, adapter.b->value.to(at::kFloat), adapter.a->value.to(at::kFloat), 1, adapter.scale);
}

void Linear::measure() {
  for (Adapter& adapter : adapters)
    if (adapter.magnitude) adapter.norm = at::norm(summed(adapter), 2, {1});
}

void Linear::merge(ParameterStore& parameters) {
  measure();
  for (const Adapter& adapter : adapters) {
    at::Tensor rows = summed(adapter);
    if (adapter.magnitude) rows.mul_(adapter.gain().to(at::kFloat).unsqueeze(1));
    weight->value.narrow(0, adapter.first_row, adapter.rows()).copy_(rows);
  }
  for (const Adapter& adapter : adapters)
    for (const Parameter* p : {adapter.a, adapter.b, adapter.magnitude})
      if (p) parameters.remove(p->name);
  adapters.clear();
}

void Linear::add_adapter(ParameterStore& parameters, const NewAdapter& added) {
  const auto& [first_row, a, b, scale, has_magnitude, magnitude] = added;
  const at::Tensor& w = weight->value;
  check(a.dim() == 2 && b.dim() == 2 && a.size(1) == w.size(1) && a.size(0) == b.size(1) && first_row >= 0 &&
            first_row + b.size(0) <= w.size(0),
        "adapter of '", weight->name, "' ", w.sizes(), " from row ", first_row,
        ": expected a [rank, in] and b [rows, rank] inside the weight, found ", a.sizes(), " and ",
        b.sizes());
  check(!magnitude.defined() || (has_magnitude && magnitude.sizes() == at::IntArrayRef({b.size(0)})),
        "adapter of '", weight->name, "': expected magnitudes [", b.size(0), "], found ",
        magnitude.defined() ? magnitude.sizes() : at::IntArrayRef());
  for (const Adapter& other : adapters)
    check(!(has_magnitude || other.magnitude) || first_row >= other.first_row + other.rows() ||
              other.first_row >= first_row + b.size(0),
          "adapter of '", weight->name, "': rows from ", first_row, " on have one already");
  const std::string name = weight->name + '.' + std::to_string(first_row);
  Parameter& down = parameters.add(name + ".lora_a", a.to(w.options()));
  Adapter adapter{&down, &parameters.add(name + ".lora_b", b.to(w.options())), first_row, scale};
  if (has_magnitude) {
    const at::Tensor rows = w.narrow(0, first_row, b.size(0)).to(at::kFloat);
    const at::Tensor first = magnitude.defined() ? magnitude : at::norm(rows, 2, {1});
    adapter.magnitude = &parameters.add(name + ".lora_m", first.to(w.options()));
    adapter.norm = at::norm(summed(adapter), 2, {1});
  }
  adapters.push_back(std::move(adapter));
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
