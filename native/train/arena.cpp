#include "train/arena.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tensor/finite.h"

namespace vqat::train {

Arena::Arena(const std::vector<Parameter*>& parameters, bool masters) {
  check(!parameters.empty(), "nothing to train: no parameter is trainable");
  int64_t size = 0;
  for (auto p = parameters.rbegin(); p != parameters.rend(); ++p) {
    const int64_t count = (*p)->value.numel();
    ranges_.push_back({*p, size, count});
    size += padded(count);
  }
  // Adapters are float32 beside weights that may be bfloat16: these are what an array of values is for.
  at::TensorOptions options = parameters[0]->value.options();
  for (const Parameter* p : parameters)
    if (p->value.scalar_type() != at::kFloat) options = p->value.options();
  const auto f32 = options.dtype(at::kFloat);
  for (const Range& range : ranges_)
    check(!range.parameter->trainable(), "parameter '", range.parameter->name, "' is being trained already");
  values_ = at::zeros({size}, options);
  for (const Range& range : ranges_) {
    Parameter& p = *range.parameter;
    check(masters || p.value.scalar_type() == options.dtype(),
          "optimizer.masters: false is for bfloat16 values alone, and '", p.name, "' is float32");
    view(values_, range.begin, p).copy_(p.value);
  }
  masters_ = masters ? values_.to(at::kFloat) : values_;
  for (const Range& range : ranges_) {
    Parameter& p = *range.parameter;
    const bool is_master = p.value.scalar_type() == at::kFloat;
    const at::Tensor value = view(is_master ? masters_ : values_, range.begin, p);
    // What is of the array's type was copied above; the master of an adapter is exact, not a bfloat16
    // widened.
    if (p.value.scalar_type() != options.dtype()) value.copy_(p.value);
    p.value = value;
  }
  gradients_ = at::zeros({size}, f32);
  // Last: where memory ran out on the way, nothing is being trained.
  for (const Range& range : ranges_) range.parameter->grad = view(gradients_, range.begin, *range.parameter);
}

Arena::~Arena() {
  for (const Range& range : ranges_) range.parameter->grad = at::Tensor();
}

at::Tensor Arena::view(const at::Tensor& flat, int64_t begin, const Parameter& parameter) {
  return flat.narrow(0, begin, parameter.value.numel()).view(parameter.value.sizes());
}

NamedTensors Arena::named(const std::string& prefix, const at::Tensor& flat) const {
  NamedTensors out;
  for (const Range& range : ranges_)
    out.emplace_back(prefix + range.parameter->name, view(flat, range.begin, *range.parameter));
  return out;
}

double Arena::gradient_norm() const {
  const double norm = norm_of(gradients_);
  if (std::isfinite(norm)) return norm;
  for (const Range& range : ranges_)
    if (!at::isfinite(range.parameter->grad).all().item<bool>())
      fail(Code::E_NUMERIC, "the gradient of '", range.parameter->name,
           "' is not finite; nothing was updated");
  fail(Code::E_NUMERIC, "the gradient norm is not finite; nothing was updated");
}

void Arena::values_from_masters() {
  if (!values_.is_same(masters_)) values_.copy_(masters_);
}

}  // namespace vqat::train
