// Token log-probability, fast: rows over threads, columns over vector lanes. Forward reads a row twice
// (maximum, then sum; see row_softmax.h), backward reads and writes it once.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/fast.h"
#include "kernels/row_softmax.h"
#include "kernels/token_logprob/token_logprob.h"

namespace vqat::kernels {
namespace {

template <class T>
VQAT_CLONES static void gradient_row(const T* row, T* out, int64_t width, float inv_temperature, float lse,
                                     float scale) {
#pragma omp simd
  for (int64_t v = 0; v < width; ++v) {
    store(out + v, -scale * fast_exp(static_cast<float>(row[v]) * inv_temperature - lse));
  }
}

// The same with the share of the entropy, whose coefficient is `entropy_scale`.
template <class T>
VQAT_CLONES static void both_gradients_row(const T* row, T* out, int64_t width, float inv_temperature,
                                           float lse, float scale, float entropy_scale, float entropy) {
#pragma omp simd
  for (int64_t v = 0; v < width; ++v) {
    const float log_p = static_cast<float>(row[v]) * inv_temperature - lse;
    const float held = log_p < -87.3f ? -87.3f : log_p;
    store(out + v, -(scale + entropy_scale * (held + entropy)) * fast_exp(log_p));
  }
}

template <class T>
bool has_nan(const T* row, int64_t width) {
  return std::any_of(row, row + width, [](T logit) { return std::isnan(static_cast<float>(logit)); });
}

// Column of row i's target inside the tile, or -1.
template <class T>
int64_t target_column(const TokenLogprobTile<T>& tile, int64_t i) {
  const int64_t column = tile.targets[i] - tile.vocab_begin;
  return tile.targets[i] >= 0 && column >= 0 && column < tile.width ? column : -1;
}

}  // namespace

template <class T>
void token_logprob_forward_tile_cpu(const TokenLogprobTile<T>& tile, const TokenLogprobState& state) {
#pragma omp parallel for if (tile.rows * tile.width > kParallelElements)
  for (int64_t i = 0; i < tile.rows; ++i) {
    const T* row = tile.logits + i * tile.row_stride;
    const float top = row_max(row, tile.width);
    if (top == -std::numeric_limits<float>::infinity() && !has_nan(row, tile.width))
      continue;  // no mass here
    const double before = state.max[i];
    const float largest = std::max(state.max[i], top * tile.inv_temperature);
    // Rebased in double: the tile's own maximum is not rounded to float32 before it is subtracted.
    const double carried = state.sum[i] != 0 ? state.sum[i] * std::exp(before - largest) : 0;
    const double rebase = std::exp(static_cast<double>(top) * tile.inv_temperature - largest);
    if (state.below) {
      const auto [sum, below] = row_exp_sums(row, tile.width, tile.inv_temperature, top);
      const double moved = static_cast<double>(top) * tile.inv_temperature - largest;
      const double earlier =
          state.sum[i] != 0 ? state.below[i] * std::exp(before - largest) + carried * (before - largest) : 0;
      state.below[i] = static_cast<float>(earlier + rebase * (below + moved * sum));
      state.sum[i] = static_cast<float>(carried + rebase * sum);
    } else {
      state.sum[i] =
          static_cast<float>(carried + rebase * row_exp_sum(row, tile.width, tile.inv_temperature, top));
    }
    state.max[i] = largest;
    const int64_t column = target_column(tile, i);
    if (column >= 0) state.target_logit[i] = static_cast<float>(row[column]) * tile.inv_temperature;
  }
}

template <class T>
void token_logprob_backward_tile_cpu(const TokenLogprobTile<T>& tile, const TokenLogprobGradient& gradient,
                                     T* dlogits) {
#pragma omp parallel for if (tile.rows * tile.width > kParallelElements)
  for (int64_t i = 0; i < tile.rows; ++i) {
    const T* row = tile.logits + i * tile.row_stride;
    T* out = dlogits + i * tile.row_stride;
    const float scale = tile.targets[i] < 0 ? 0.0f : gradient.coef[i] * tile.inv_temperature;
    const int64_t column = target_column(tile, i);
    // Read before the row is overwritten.
    const double chosen =
        column >= 0 ? static_cast<double>(static_cast<float>(row[column])) * tile.inv_temperature : 0;
    const double log_p = chosen - gradient.lse[i];
    if (!gradient.entropy_coef) {
      gradient_row(row, out, tile.width, tile.inv_temperature, gradient.lse[i], scale);
      if (column >= 0) out[column] = static_cast<float>(-scale * std::expm1(log_p));
      continue;
    }
    const float entropy = gradient.entropy[i];
    const float entropy_scale = tile.targets[i] < 0 ? 0.0f : gradient.entropy_coef[i] * tile.inv_temperature;
    both_gradients_row(row, out, tile.width, tile.inv_temperature, gradient.lse[i], scale, entropy_scale,
                       entropy);
    if (column >= 0)
      out[column] = static_cast<float>(-scale * std::expm1(log_p) -
                                       entropy_scale * std::exp(log_p) * (log_p + entropy));
  }
}

template void token_logprob_forward_tile_cpu(const TokenLogprobTile<float>&, const TokenLogprobState&);
template void token_logprob_forward_tile_cpu(const TokenLogprobTile<bfloat16>&, const TokenLogprobState&);
template void token_logprob_backward_tile_cpu(const TokenLogprobTile<float>&, const TokenLogprobGradient&,
                                              float*);
template void token_logprob_backward_tile_cpu(const TokenLogprobTile<bfloat16>&, const TokenLogprobGradient&,
                                              bfloat16*);

}  // namespace vqat::kernels
