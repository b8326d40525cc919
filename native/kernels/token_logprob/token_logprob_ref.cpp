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
    double sum = 0;
    for (int64_t v = 0; v < tile.width; ++v) {
      const double z = static_cast<double>(static_cast<float>(row[v])) * tile.inv_temperature;
      // A tile of -inf alone: -inf minus -inf is not a number, its mass is.
      sum += z == -std::numeric_limits<double>::infinity() ? 0 : std::exp(z - largest);
    }
    if (state.sum[i] != 0) sum += state.sum[i] * std::exp(static_cast<double>(state.max[i]) - largest);
    state.max[i] = largest;
    state.sum[i] = static_cast<float>(sum);
    const int64_t column = tile.targets[i] - tile.vocab_begin;
    if (tile.targets[i] >= 0 && column >= 0 && column < tile.width) {
      state.target_logit[i] = static_cast<float>(row[column]) * tile.inv_temperature;
    }
  }
}

void token_logprob_finish(const TokenLogprobState& state, const int32_t* targets, int64_t rows,
                          float* logprob, float* lse) {
  for (int64_t i = 0; i < rows; ++i) {
    const double log_sum = state.max[i] + std::log(static_cast<double>(state.sum[i]));
    lse[i] = static_cast<float>(log_sum);
    logprob[i] = targets[i] < 0 ? 0.0f : static_cast<float>(state.target_logit[i] - log_sum);
  }
}

template <class T>
void token_logprob_backward_tile_ref(const TokenLogprobTile<T>& tile, const float* lse, const float* coef,
                                     T* dlogits) {
  for (int64_t i = 0; i < tile.rows; ++i) {
    const T* row = tile.logits + i * tile.row_stride;
    T* out = dlogits + i * tile.row_stride;
    const double scale = tile.targets[i] < 0 ? 0 : static_cast<double>(coef[i]) * tile.inv_temperature;
    for (int64_t v = 0; v < tile.width; ++v) {
      const double z = static_cast<double>(static_cast<float>(row[v])) * tile.inv_temperature;
      const double chosen = tile.vocab_begin + v == tile.targets[i] ? 1 : 0;
      out[v] = static_cast<float>(scale * (chosen - std::exp(z - lse[i])));
    }
  }
}

template void token_logprob_forward_tile_ref(const TokenLogprobTile<float>&, const TokenLogprobState&);
template void token_logprob_forward_tile_ref(const TokenLogprobTile<bfloat16>&, const TokenLogprobState&);
template void token_logprob_backward_tile_ref(const TokenLogprobTile<float>&, const float*, const float*,
                                              float*);
template void token_logprob_backward_tile_ref(const TokenLogprobTile<bfloat16>&, const float*, const float*,
                                              bfloat16*);

}  // namespace vqat::kernels
