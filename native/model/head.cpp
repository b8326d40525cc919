#include "model/head.h"

#include <algorithm>

#include "base/safe_point.h"

namespace vqat::model {
namespace {

// Columns of the vocabulary handled at once: wide enough for the matrix product, small enough for the cache.
constexpr int64_t kTile = 8192;

}  // namespace

Head::Head(ParameterStore& parameters, const LanguageGeometry& geometry)
    : norm_{&parameters.get("language.norm.weight"), nullptr, geometry.norm_eps, true},
      weight_(parameters.find("language.head.weight")) {
  if (!weight_) weight_ = &parameters.get("language.embed.weight");
}

at::Tensor Head::logits(const at::Tensor& hidden) const {
  return at::mm(norm_.forward(hidden.contiguous()), weight_->value.t());
}

void Head::logits(const at::Tensor& hidden, at::Tensor& out) const {
  at::mm_out(out, norm_.forward(hidden.contiguous()), weight_->value.t());
}

ops::TokenLogprob Head::log_probs(const at::Tensor& hidden, const Targets& targets, double temperature,
                                  bool entropy, HeadSaved* saved) const {
  HeadSaved s;
  s.gathered = hidden.index_select(0, targets.rows);
  s.normed = norm_.forward(s.gathered, &s.norm);
  s.ids = targets.ids;
  s.rows = targets.rows;
  s.hidden_rows = hidden.size(0);
  const int64_t vocabulary = weight_->value.size(0);
  const at::Tensor running = ops::token_logprob_begin(s.ids.size(0), entropy, s.ids.device());
  for (int64_t begin = 0; begin < vocabulary; begin += kTile) {
    safe_point();
    const at::Tensor part = weight_->value.narrow(0, begin, std::min(kTile, vocabulary - begin));
    ops::token_logprob_tile(running, at::mm(s.normed, part.t()), {s.ids, begin, temperature});
  }
  const ops::TokenLogprob found = ops::token_logprob_finish(running, s.ids);
  s.found = found;
  if (saved) *saved = std::move(s);
  return found;
}

at::Tensor Head::backward(const ops::TokenSlopes& slopes, double temperature, const HeadSaved& s) const {
  const int64_t vocabulary = weight_->value.size(0);
  at::Tensor dnormed = at::zeros(s.normed.sizes(), s.normed.options().dtype(at::kFloat));
  for (int64_t begin = 0; begin < vocabulary; begin += kTile) {
    safe_point();
    const int64_t width = std::min(kTile, vocabulary - begin);
    const at::Tensor part = weight_->value.narrow(0, begin, width);
    at::Tensor logits = at::mm(s.normed, part.t());
    ops::token_logprob_backward_tile(logits, {s.ids, begin, temperature}, s.found, slopes);
    if (weight_->trainable()) {
      at::Tensor grad = weight_->grad.narrow(0, begin, width);
      add_outer(grad, logits, s.normed);
    }
    dnormed.add_(at::mm(logits, part));
  }
  const at::Tensor dgathered = norm_.backward(dnormed.to(s.normed.scalar_type()), s.gathered, s.norm);
  // A prompt's last row predicts the first token of every completion: its shares are summed in float32.
  at::Tensor dhidden = at::zeros({s.hidden_rows, dgathered.size(1)}, dgathered.options().dtype(at::kFloat));
  dhidden.index_add_(0, s.rows, dgathered.to(at::kFloat));
  return dhidden.to(dgathered.scalar_type());
}

}  // namespace vqat::model
