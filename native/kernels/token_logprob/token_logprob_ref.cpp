// Token log-probability as defined in token_logprob.h, in plain loops with double sums. Never tuned.
// Also holds begin and finish, which have no fast twin: a few numbers per row.
#include <cmath>
#include <limits>

#include "kernels/token_logprob/token_logprob.h"

namespace vqat::kernels {

void token_logprob_begin(const TokenLogprobState& state, int64_t rows) {
  for (int64_t i = 0; i < rows; ++i) {
    state.max[i] = -std::numeric_limits<float>::infinity();
    state.sum[i] = 0;
    state.target_logit[i] = 0;
    if (state.below) state.below[i] = 0;
  }
}

template <class T>
void token_logprob_forward_tile_ref(const TokenLogprobTile<T>& tile, const TokenLogprobState& state) {
  for (int64_t i = 0; i < tile.rows; ++i) {
    const T* row = tile.logits + i * tile.row_stride;
    float largest = state.max[i];
    for (int64_t v = 0; v < tile.width; ++v) {
      largest = std::fmax(largest, static_cast<float>(row[v]) * tile.inv_temperature);
    }
    double sum = 0, below = 0;
    for (int64_t v = 0; v < tile.width; ++v) {
      const double z = static_cast<double>(static_cast<float>(row[v])) * tile.inv_temperature;
      // A tile of -inf alone: -inf minus -inf is not a number, its mass is.
      if (z == -std::numeric_limits<double>::infinity()) continue;
      sum += std::exp(z - largest);
      below += std::exp(z - largest) * (z - largest);
    }
    const double moved = static_cast<double>(state.max[i]) - largest;
    if (state.sum[i] != 0) sum += state.sum[i] * std::exp(moved);
    if (state.below) {
      if (state.sum[i] != 0) below += std::exp(moved) * (state.below[i] + moved * state.sum[i]);
      state.below[i] = static_cast<float>(below);
    }
    state.max[i] = largest;
    state.sum[i] = static_cast<float>(sum);
    const int64_t column = tile.targets[i] - tile.vocab_begin;
    if (tile.targets[i] >= 0 && column >= 0 && column < tile.width) {
      state.target_logit[i] = static_cast<float>(row[column]) * tile.inv_temperature;
    }
  }
}

void token_logprob_finish(const TokenLogprobState& state, const int32_t* targets, int64_t rows,
                          const TokenLogprobResult& result) {
  for (int64_t i = 0; i < rows; ++i) {
    const double sum = state.sum[i], log_sum = state.max[i] + std::log(sum);
    result.lse[i] = static_cast<float>(log_sum);
    result.logprob[i] = targets[i] < 0 ? 0.0f : static_cast<float>(state.target_logit[i] - log_sum);
    if (!result.entropy) continue;
    const double entropy = std::log(sum) - state.below[i] / sum;
    result.entropy[i] = targets[i] < 0 || entropy < 0 ? 0.0f : static_cast<float>(entropy);
  }
}

template <class T>
void token_logprob_backward_tile_ref(const TokenLogprobTile<T>& tile, const TokenLogprobGradient& gradient,
                                     T* dlogits) {
  const auto scale_of = [&](const float* coef, int64_t i) {
    return tile.targets[i] < 0 ? 0 : static_cast<double>(coef[i]) * tile.inv_temperature;
  };
  for (int64_t i = 0; i < tile.rows; ++i) {
    const T* row = tile.logits + i * tile.row_stride;
    T* out = dlogits + i * tile.row_stride;
    const double scale = scale_of(gradient.coef, i);
    for (int64_t v = 0; v < tile.width; ++v) {
      const double z = static_cast<double>(static_cast<float>(row[v])) * tile.inv_temperature;
      const double chosen = tile.vocab_begin + v == tile.targets[i] ? 1 : 0;
      const double log_p = z - gradient.lse[i], p = std::exp(log_p);
      double slope = scale * (chosen - p);
      if (gradient.entropy_coef && p > 0)
        slope -= scale_of(gradient.entropy_coef, i) * p * (log_p + gradient.entropy[i]);
      out[v] = static_cast<float>(slope);
    }
  }
}

template void token_logprob_forward_tile_ref(const TokenLogprobTile<float>&, const TokenLogprobState&);
template void token_logprob_forward_tile_ref(const TokenLogprobTile<bfloat16>&, const TokenLogprobState&);
template void token_logprob_backward_tile_ref(const TokenLogprobTile<float>&, const TokenLogprobGradient&,
                                              float*);
template void token_logprob_backward_tile_ref(const TokenLogprobTile<bfloat16>&, const TokenLogprobGradient&,
                                              bfloat16*);

}  // namespace vqat::kernels
