#include "train/pooled_head.h"

#include <cmath>
#include <numbers>

#include "base/rng.h"

namespace vqat::train {
namespace {

// Box-Muller over the named stream; a few hundred numbers, so speed is no matter.
at::Tensor normal(int64_t rows, int64_t columns, double deviation, uint64_t stream) {
  at::Tensor out = at::empty({rows, columns}, at::kFloat);
  auto* values = out.data_ptr<float>();
  for (int64_t i = 0; i < out.numel(); ++i) {
    const double radius = std::sqrt(-2 * std::log(1 - uniform(stream, static_cast<uint32_t>(i), 0)));
    const double angle = 2 * std::numbers::pi * uniform(stream, static_cast<uint32_t>(i), 1);
    values[i] = static_cast<float>(deviation * radius * std::cos(angle));
  }
  return out;
}

}  // namespace

PooledHead::PooledHead(const model::Model& model, bool motion, int64_t outputs, uint64_t stream)
    : hidden_(model.geometry().language.hidden), motion_(motion), store_(std::make_unique<ParameterStore>()) {
  const int64_t inputs = hidden_ * (motion ? 2 : 1);
  const auto options = at::dtype(model.dtype()).device(model.device());
  const auto start = normal(outputs, inputs, 1 / std::sqrt(static_cast<double>(inputs)), stream);
  linear_.weight = &store_->add("pooled_head.weight", start.to(options));
  linear_.bias = &store_->add("pooled_head.bias", at::zeros({outputs}, options));
}

at::Tensor PooledHead::forward(const model::Model::Projected& projected, const std::vector<int64_t>& counts,
                               Saved& saved) const {
  std::vector<at::Tensor> means;
  int64_t row = 0;
  for (const int64_t count : counts) {
    means.push_back(projected.tokens.narrow(0, row, count).mean(0, false, at::kFloat));
    row += count;
  }
  saved.counts = counts;
  saved.pooled = at::stack(means);
  if (motion_) saved.pooled = at::cat({saved.pooled, projected.motion.to(at::kFloat)}, 1);
  const auto dtype = linear_.weight->value.scalar_type();
  return linear_.forward(saved.pooled.to(dtype)).to(at::kFloat);
}

model::Model::Projected PooledHead::backward(const at::Tensor& dpredictions, const Saved& saved,
                                             at::ScalarType dtype) const {
  const auto type = linear_.weight->value.scalar_type();
  const at::Tensor dpooled = linear_.backward(dpredictions.to(type), saved.pooled.to(type)).to(at::kFloat);
  std::vector<at::Tensor> rows;
  for (size_t i = 0; i < saved.counts.size(); ++i) {
    const at::Tensor mean = dpooled[static_cast<int64_t>(i)].narrow(0, 0, hidden_);
    rows.push_back((mean / static_cast<double>(saved.counts[i])).expand({saved.counts[i], hidden_}));
  }
  model::Model::Projected out;
  out.tokens = at::cat(rows, 0).to(dtype);
  if (motion_) out.motion = dpooled.narrow(1, hidden_, hidden_).to(dtype).contiguous();
  return out;
}

}  // namespace vqat::train
