#include "train/arena.h"

#include <cmath>
#include <map>

#include "base/error.h"

namespace vqat::train {
namespace {

constexpr int64_t kBlock = 64;  // elements: 256 bytes of float32

}  // namespace

Arena::Arena(const std::vector<Parameter*>& parameters) {
  check(!parameters.empty(), "nothing to train: no parameter is trainable");
  int64_t size = 0;
  for (auto p = parameters.rbegin(); p != parameters.rend(); ++p) {
    const int64_t count = (*p)->value.numel();
    ranges_.push_back({*p, size, count});
    size += (count + kBlock - 1) / kBlock * kBlock;
  }
  const auto options = parameters[0]->value.options();
  const auto f32 = options.dtype(at::kFloat);
  values_ = at::zeros({size}, options);
  gradients_ = at::zeros({size}, f32);
  m_ = at::zeros({size}, f32);
  v_ = at::zeros({size}, f32);
  for (const Range& range : ranges_) {
    Parameter& p = *range.parameter;
    check(!p.trainable(), "parameter '", p.name, "' is being trained already");
    at::Tensor view = slice(values_, range);
    view.copy_(p.value);
    p.value = view;
    p.grad = slice(gradients_, range);
  }
  masters_ = values_.scalar_type() == at::kFloat ? values_ : values_.to(at::kFloat);
}

Arena::~Arena() {
  for (const Range& range : ranges_) range.parameter->grad = at::Tensor();
}

at::Tensor Arena::slice(const at::Tensor& flat, const Range& range) const {
  return flat.narrow(0, range.begin, range.count).view(range.parameter->value.sizes());
}

double Arena::gradient_norm() const {
  const double norm = at::linalg_vector_norm(gradients_, 2, std::nullopt, false, at::kDouble).item<double>();
  if (std::isfinite(norm)) return norm;
  for (const Range& range : ranges_)
    if (!at::isfinite(range.parameter->grad).all().item<bool>())
      fail(Code::E_NUMERIC, "the gradient of '", range.parameter->name,
           "' is not finite; nothing was updated");
  fail(Code::E_NUMERIC, "the gradient norm is not finite; nothing was updated");
}

void Arena::adamw(double learning_rate, double beta1, double beta2, double epsilon, double weight_decay) {
  const at::Tensor step = at::full({}, static_cast<double>(++steps_), gradients_.options());
  at::_fused_adamw_({masters_}, {gradients_}, {m_}, {v_}, {}, {step}, learning_rate, beta1, beta2,
                    weight_decay, epsilon, false, false);
  if (!values_.is_same(masters_)) values_.copy_(masters_);
}

NamedTensors Arena::state() const {
  NamedTensors out;
  for (const Range& range : ranges_) {
    out.emplace_back("master." + range.parameter->name, slice(masters_, range));
    out.emplace_back("m." + range.parameter->name, slice(m_, range));
    out.emplace_back("v." + range.parameter->name, slice(v_, range));
  }
  return out;
}

void Arena::restore(const std::vector<StoredTensor>& stored, int64_t steps, const CancelToken& cancel) {
  std::map<std::string, const StoredTensor*> by_name;
  for (const StoredTensor& tensor : stored) by_name[tensor.name] = &tensor;
  NamedTensors wanted = state();
  for (const auto& [name, tensor] : wanted) {
    const auto place = by_name.find(name);
    if (place == by_name.end()) fail(Code::E_FORMAT, "trainer state: '", name, "' is missing");
    if (tensor.sizes() != at::IntArrayRef(place->second->shape))
      fail(Code::E_FORMAT, "trainer state: '", name, "' should have shape ", tensor.sizes(), ", found ",
           at::IntArrayRef(place->second->shape));
    by_name.erase(place);
  }
  if (!by_name.empty())
    fail(Code::E_FORMAT, "trainer state: '", by_name.begin()->first,
         "' belongs to nothing that is trained here");
  WeightReader reader;
  std::vector<at::Tensor> read;  // all of them before the first is replaced
  for (const auto& [name, tensor] : wanted)
    for (const StoredTensor& one : stored)
      if (one.name == name) read.push_back(reader.read(one, at::kFloat, tensor.device(), cancel));
  for (size_t i = 0; i < wanted.size(); ++i) wanted[i].second.copy_(read[i]);
  if (!values_.is_same(masters_)) values_.copy_(masters_);
  steps_ = steps;
}

}  // namespace vqat::train
