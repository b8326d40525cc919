#include "tensor/linear.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/safe_point.h"

namespace vqat {

bool is_adapter(const std::string& name) {
  return name.ends_with(".lora_a") || name.ends_with(".lora_b") || name.ends_with(".lora_m");
}

// to += scale·x·w, with x and w float32 and `to` of any dtype.
static void add_product(at::Tensor& to, const at::Tensor& x, const at::Tensor& w, double scale) {
  if (to.scalar_type() == at::kFloat) {
    to.addmm_(x, w, /*beta=*/1, /*alpha=*/scale);
  } else {
    to.add_(at::mm(x, w), scale);
  }
}

at::Tensor Linear::forward(const at::Tensor& x) const {
  safe_point();
  // A bias is no part of what is multiplied by a magnitude.
  const bool bias_last = bias && has_magnitudes();
  at::Tensor y =
      bias && !bias_last ? at::addmm(bias->value, x, weight->value.t()) : at::mm(x, weight->value.t());
  const at::Tensor wide = adapters.empty() ? x : x.to(at::kFloat);
  for (const Adapter& adapter : adapters) {
    at::Tensor share = y.narrow(1, adapter.first_row, adapter.rows());
    add_product(share, at::mm(wide, adapter.a->value.t()), adapter.b->value.t(), adapter.scale);
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
  // Where nothing trains there is no x.
  const at::Tensor wide = x.defined() && !adapters.empty() ? x.to(at::kFloat) : x;
  for (const Adapter& adapter : adapters) {
    const auto& [a, b, scale] = std::tie(adapter.a, adapter.b, adapter.scale);
    const at::Tensor share = before.narrow(1, adapter.first_row, adapter.rows()).to(at::kFloat);
    if (b->trainable()) add_outer(b->grad, share, at::mm(wide, a->value.t()).mul_(scale));
    if (!need_input && !a->trainable()) continue;
    const at::Tensor dinner = at::mm(share, b->value);  // [rows, rank], without the scale
    if (a->trainable()) add_outer(a->grad, dinner * scale, wide);
    if (need_input) add_product(dx, dinner, a->value, scale);
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
      const at::Tensor own = weight->value.narrow(0, adapter.first_row, adapter.rows());
      at::Tensor rows = at::mm(x, own.t()).to(at::kFloat);
      const at::Tensor inner = at::mm(x.to(at::kFloat), adapter.a->value.t());
      add_product(rows, inner, adapter.b->value.t(), adapter.scale);
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
  return at::addmm(rows, adapter.b->value, adapter.a->value, 1, adapter.scale);
}

void Linear::measure() {
  for (Adapter& adapter : adapters)
    if (adapter.magnitude) adapter.norm = at::norm(summed(adapter), 2, {1});
}

void Linear::merge(ParameterStore& parameters) {
  measure();
  for (const Adapter& adapter : adapters) {
    at::Tensor rows = summed(adapter);
    if (adapter.magnitude) rows.mul_(adapter.gain().unsqueeze(1));
    weight->value.narrow(0, adapter.first_row, adapter.rows()).copy_(rows);
  }
  drop(parameters);
}

void Linear::drop(ParameterStore& parameters) {
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
  const auto kept = w.options().dtype(at::kFloat);
  const at::Tensor norms =
      has_magnitude ? at::norm(w.narrow(0, first_row, b.size(0)).to(at::kFloat), 2, {1}) : at::Tensor();
  check(!has_magnitude || norms.ne(0).all().item<bool>(), "adapter of '", weight->name, "' from row ",
        first_row, ": a row of zeros has no direction, which magnitudes (DoRA) need");
  const std::string name = weight->name + '.' + std::to_string(first_row);
  Parameter& down = parameters.add(name + ".lora_a", a.to(kept));
  Adapter adapter{&down, &parameters.add(name + ".lora_b", b.to(kept)), first_row, scale};
  if (has_magnitude) {
    adapter.magnitude = &parameters.add(name + ".lora_m", magnitude.defined() ? magnitude.to(kept) : norms);
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
