#include "model/head.h"

#include <algorithm>

#include "kernels/token_logprob/token_logprob.h"
#include "tensor/dispatch.h"

namespace vqat::model {
namespace {

// Columns of the vocabulary handled at once: wide enough for the matrix product, small enough for the cache.
constexpr int64_t kTile = 8192;

template <class T>
kernels::TokenLogprobTile<T> tile_of(const at::Tensor& logits, const at::Tensor& ids, int64_t begin,
                                     double temperature) {
  return {.logits = data<T>(logits),
          .targets = data<int32_t>(ids),
          .rows = logits.size(0),
          .width = logits.size(1),
          .row_stride = logits.stride(0),
          .vocab_begin = begin,
          .inv_temperature = static_cast<float>(1.0 / temperature)};
}

}  // namespace

Head::Head(ParameterStore& parameters, const LanguageGeometry& geometry)
    : norm_{&parameters.get("language.norm.weight"), nullptr, geometry.norm_eps, true},
      weight_(parameters.find("language.head.weight")) {
  if (!weight_) weight_ = &parameters.get("language.embed.weight");
}

at::Tensor Head::logits(const at::Tensor& hidden) const {
  return at::mm(norm_.forward(hidden.contiguous()), weight_->value.t());
}

at::Tensor Head::log_probs(const at::Tensor& hidden, const Targets& targets, double temperature,
                           HeadSaved* saved) const {
  HeadSaved s;
  s.gathered = hidden.index_select(0, targets.rows);
  s.normed = norm_.forward(s.gathered, &s.norm);
  s.ids = targets.ids;
  s.rows = targets.rows;
  s.hidden_rows = hidden.size(0);
  const int64_t n = s.ids.size(0), vocabulary = weight_->value.size(0);
  const auto f32 = s.normed.options().dtype(at::kFloat);
  const at::Tensor running = at::empty({3, n}, f32), result = at::empty({n}, f32);
  s.log_sum_exp = at::empty({n}, f32);
  const kernels::TokenLogprobState state{data<float>(running[0]), data<float>(running[1]),
                                         data<float>(running[2])};
  kernels::token_logprob_begin(state, n);
  for (int64_t begin = 0; begin < vocabulary; begin += kTile) {
    const int64_t width = std::min(kTile, vocabulary - begin);
    const at::Tensor logits = at::mm(s.normed, weight_->value.narrow(0, begin, width).t());
    dispatch_storage(logits, [&](auto zero) {
      using T = decltype(zero);
      kernels::token_logprob_forward_tile(tile_of<T>(logits, s.ids, begin, temperature), state);
    });
  }
  kernels::token_logprob_finish(state, data<int32_t>(s.ids), n, data<float>(result),
                                data<float>(s.log_sum_exp));
  if (saved) *saved = std::move(s);
  return result;
}

at::Tensor Head::backward(const at::Tensor& coef, double temperature, const HeadSaved& s) const {
  const int64_t vocabulary = weight_->value.size(0);
  at::Tensor dnormed = at::zeros(s.normed.sizes(), s.normed.options().dtype(at::kFloat));
  for (int64_t begin = 0; begin < vocabulary; begin += kTile) {
    const int64_t width = std::min(kTile, vocabulary - begin);
    const at::Tensor part = weight_->value.narrow(0, begin, width);
    const at::Tensor logits = at::mm(s.normed, part.t());
    dispatch_storage(logits, [&](auto zero) {
      using T = decltype(zero);
      kernels::token_logprob_backward_tile(tile_of<T>(logits, s.ids, begin, temperature),
                                           data<float>(s.log_sum_exp), data<float>(coef), data<T>(logits));
    });
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
