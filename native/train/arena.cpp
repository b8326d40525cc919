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
  const auto options = parameters[0]->value.options();
  const auto f32 = options.dtype(at::kFloat);
  for (const Range& range : ranges_)
    check(!range.parameter->trainable(), "parameter '", range.parameter->name, "' is being trained already");
  values_ = at::zeros({size}, options);
  for (const Range& range : ranges_) {
    const at::Tensor value = view(values_, range.begin, *range.parameter);
    value.copy_(range.parameter->value);
    range.parameter->value = value;
  }
  masters_ = masters ? values_.to(at::kFloat) : values_;
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
