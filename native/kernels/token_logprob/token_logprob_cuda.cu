// Token log-probability on CUDA. Forward: one block a row, each logit read once, sixteen a thread at a time;
// a thread carries its own maximum and its own sum relative to that, so that the block meets at the end
// alone. Sixteen terms are added by halves in float32 and join a double sum, which spares fifteen of sixteen
// conversions to double. Backward: one block per row and kChunk columns, each logit read and written once,
// float32.
//
// On paper, H200 (132 SMs, 4.8 TB/s, 1.75 GHz), a tile of 4,096 rows of 8,192 bfloat16 logits, 67 MB:
//   forward   reads it once: 14 µs, since L2 does not hold all of it. Exponentials, 16 a clock and SM: 9 µs;
//             a conversion to double for each, by the same unit, would have made that 18 µs. About 10 other
//             instructions a logit, 128 a clock and SM: 11 µs. So about 16 µs, bound by memory. 31 blocks for
//             each SM, of which 8 at a time (32 registers): all of its 2,048 threads.
//   backward  reads and writes it: 28 µs, bound by memory; exponentials 9 µs, other instructions 10 µs.
//             16,384 blocks, 8 at a time.
// With entropies forward takes four instructions more a logit and 40 registers, 6 blocks at a time, backward
// six more: both still bound by memory.
#include <cmath>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/row.cuh"
#include "kernels/token_logprob/token_logprob.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 256;
constexpr int kEach = 16;             // logits that a thread adds before its sum is made double
constexpr int kChunk = kThreads * 8;  // columns of a block of backward

dim3 blocks_for(const char* name, int64_t elements) {
  return grid_of(name, (elements + kThreads - 1) / kThreads);
}

__global__ void __launch_bounds__(kThreads) begin(TokenLogprobState state, int64_t rows) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (row >= rows) return;
  state.max[row] = -INFINITY;
  state.sum[row] = 0;
  state.target_logit[row] = 0;
  if (state.below) state.below[row] = 0;
}

// kBelow: the entropy's sum too.
template <class T, bool kBelow>
__global__ void __launch_bounds__(kThreads) forward_tile(TokenLogprobTile<T> tile, TokenLogprobState state) {
  const int64_t row = blockIdx.x;
  const T* logits = tile.logits + row * tile.row_stride;
  const int width = static_cast<int>(tile.width);
  const bool paired = holds_pairs(logits);
  const auto exponent = [&](float logit, float base) { return (logit - base) * tile.inv_temperature; };
  const auto term = [&](float logit, float base) { return expf(exponent(logit, base)); };
  float largest = -INFINITY;
  double sum = 0;    // relative to `largest`; NaN when a logit is NaN or +inf
  double below = 0;  // the same of each term times its exponent
  for (int begin = 0; begin < width; begin += kThreads * kEach) {
    float values[kEach], most = largest;
    for (int e = 0; e < kEach; e += 2) {
      const int v = begin + 2 * static_cast<int>(threadIdx.x) + e * kThreads;
      const Pair<T> pair = load_pair(logits, v, width, paired, T(-INFINITY));
      values[e] = pair.first;
      values[e + 1] = pair.second;
      most = fmaxf(most, fmaxf(values[e], values[e + 1]));
    }
    const float base = most > -INFINITY ? most : 0.0f;  // -inf minus -inf is not a number, its mass is
    if (kBelow && largest > -INFINITY) below = (below + sum * exponent(largest, base)) * term(largest, base);
    float products[kBelow ? kEach : 1];
    for (int e = 0; e < kEach; ++e) {
      const float below_base = exponent(values[e], base);
      values[e] = expf(below_base);
      if (kBelow) products[e] = values[e] > 0 ? values[e] * below_base : 0;
    }
    sum = sum * term(largest, base) + sum_of<kEach>(values);
    if constexpr (kBelow) below += sum_of<kEach>(products);
    largest = most;
  }
  const float top = block_reduce(largest, Max());
  if (largest > -INFINITY) {
    if (kBelow) below = (below + sum * exponent(largest, top)) * term(largest, top);
    sum *= term(largest, top);
  }
  sum = block_reduce(sum, Add());
  if (kBelow) below = block_reduce(below, Add());
  if (top == -INFINITY && !isnan(sum)) return;  // no mass here
  if (threadIdx.x != 0) return;
  const double before = state.max[row];
  const float joint = fmaxf(state.max[row], top * tile.inv_temperature);
  // Rebased in double: the tile's own maximum is not rounded to float32 before it is subtracted.
  const double rebase = exp(static_cast<double>(top) * tile.inv_temperature - joint);
  const double carried = state.sum[row] != 0 ? state.sum[row] * exp(before - joint) : 0;
  if (kBelow) {
    const double moved = static_cast<double>(top) * tile.inv_temperature - joint;
    const double earlier =
        state.sum[row] != 0 ? state.below[row] * exp(before - joint) + carried * (before - joint) : 0;
    state.below[row] = static_cast<float>(earlier + rebase * (below + moved * sum));
  }
  state.sum[row] = static_cast<float>(carried + rebase * sum);
  state.max[row] = joint;
  const int64_t column = tile.targets[row] - tile.vocab_begin;
  if (tile.targets[row] >= 0 && column >= 0 && column < tile.width) {
    state.target_logit[row] = static_cast<float>(logits[column]) * tile.inv_temperature;
  }
}

__global__ void __launch_bounds__(kThreads)
    finish(TokenLogprobState state, const int32_t* targets, int64_t rows, TokenLogprobResult result) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (row >= rows) return;
  const double sum = state.sum[row], log_sum = state.max[row] + log(sum);
  result.lse[row] = static_cast<float>(log_sum);
  result.logprob[row] = targets[row] < 0 ? 0.0f : static_cast<float>(state.target_logit[row] - log_sum);
  if (!result.entropy) return;
  const double entropy = log(sum) - state.below[row] / sum;
  result.entropy[row] = targets[row] < 0 || entropy < 0 ? 0.0f : static_cast<float>(entropy);
}

// kEntropy: the entropy's gradient too.
template <class T, bool kEntropy>
__global__ void __launch_bounds__(kThreads)
    backward_tile(TokenLogprobTile<T> tile, TokenLogprobGradient gradient, T* dlogits) {
  const int64_t row = blockIdx.x;
  const T* logits = tile.logits + row * tile.row_stride;
  T* out = dlogits + row * tile.row_stride;
  const int width = static_cast<int>(tile.width);
  const bool paired = holds_pairs(logits) && holds_pairs(out);
  const int32_t target = tile.targets[row];
  const float scale = target < 0 ? 0.0f : gradient.coef[row] * tile.inv_temperature;
  const float log_sum = gradient.lse[row];
  float entropy = 0, entropy_scale = 0;
  if (kEntropy) {
    entropy = gradient.entropy[row];
    entropy_scale = target < 0 ? 0.0f : gradient.entropy_coef[row] * tile.inv_temperature;
  }
  const int64_t column = target - tile.vocab_begin;
  const auto slope = [&](float logit, int v) {
    const float below = fmaf(logit, tile.inv_temperature, -log_sum);
    const float own = -scale * (v == column ? expm1f(below) : expf(below));
    if (!kEntropy) return own;
    const float p = expf(below);
    return p > 0 ? own - entropy_scale * p * (below + entropy) : own;
  };
  const int begin = blockIdx.y * kChunk;
  const int end = min(begin + kChunk, width);
  for (int v = begin + 2 * static_cast<int>(threadIdx.x); v < end; v += 2 * kThreads) {
    const Pair<T> pair = load_pair(logits, v, width, paired, T(0.0f));
    store_pair(out, v, width, paired, Pair<T>{slope(pair.first, v), slope(pair.second, v + 1)});
  }
}

}  // namespace

void token_logprob_begin_cuda(const TokenLogprobState& state, int64_t rows, void* stream) {
  if (rows == 0) return;
  launch("token_logprob_begin", begin, blocks_for("token_logprob_begin", rows), kThreads, stream, state,
         rows);
}

template <class T>
void token_logprob_forward_tile_cuda(const TokenLogprobTile<T>& tile, const TokenLogprobState& state,
                                     void* stream) {
  if (tile.rows == 0) return;
  launch("token_logprob_forward_tile", state.below ? forward_tile<T, true> : forward_tile<T, false>,
         grid_of("token_logprob_forward_tile", tile.rows), kThreads, stream, tile, state);
}

void token_logprob_finish_cuda(const TokenLogprobState& state, const int32_t* targets, int64_t rows,
                               const TokenLogprobResult& result, void* stream) {
  if (rows == 0) return;
  launch("token_logprob_finish", finish, blocks_for("token_logprob_finish", rows), kThreads, stream, state,
         targets, rows, result);
}

template <class T>
void token_logprob_backward_tile_cuda(const TokenLogprobTile<T>& tile, const TokenLogprobGradient& gradient,
                                      T* dlogits, void* stream) {
  if (tile.rows == 0) return;
  const dim3 grid = grid_of("token_logprob_backward_tile", tile.rows, (tile.width + kChunk - 1) / kChunk);
  launch("token_logprob_backward_tile",
         gradient.entropy_coef ? backward_tile<T, true> : backward_tile<T, false>, grid, kThreads, stream,
         tile, gradient, dlogits);
}

template void token_logprob_forward_tile_cuda(const TokenLogprobTile<float>&, const TokenLogprobState&,
                                              void*);
template void token_logprob_forward_tile_cuda(const TokenLogprobTile<bfloat16>&, const TokenLogprobState&,
                                              void*);
template void token_logprob_backward_tile_cuda(const TokenLogprobTile<float>&, const TokenLogprobGradient&,
                                               float*, void*);
template void token_logprob_backward_tile_cuda(const TokenLogprobTile<bfloat16>&, const TokenLogprobGradient&,
                                               bfloat16*, void*);

}  // namespace vqat::kernels
