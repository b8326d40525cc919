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
}

template <class T>
__global__ void __launch_bounds__(kThreads) forward_tile(TokenLogprobTile<T> tile, TokenLogprobState state) {
  const int64_t row = blockIdx.x;
  const T* logits = tile.logits + row * tile.row_stride;
  const int width = static_cast<int>(tile.width);
  const bool paired = holds_pairs(logits);
  const auto term = [&](float logit, float base) { return expf((logit - base) * tile.inv_temperature); };
  float largest = -INFINITY;
  double sum = 0;  // relative to `largest`; NaN when a logit is NaN or +inf
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
    for (int e = 0; e < kEach; ++e) values[e] = term(values[e], base);
    sum = sum * term(largest, base) + sum_of<kEach>(values);
    largest = most;
  }
  const float top = block_reduce(largest, Max());
  if (largest > -INFINITY) sum *= term(largest, top);
  sum = block_reduce(sum, Add());
  if (top == -INFINITY && !isnan(sum)) return;  // no mass here
  if (threadIdx.x != 0) return;
  const double before = state.max[row];
  const float joint = fmaxf(state.max[row], top * tile.inv_temperature);
  // Rebased in double: the tile's own maximum is not rounded to float32 before it is subtracted.
  const double rebase = exp(static_cast<double>(top) * tile.inv_temperature - joint);
  const double carried = state.sum[row] != 0 ? state.sum[row] * exp(before - joint) : 0;
  state.sum[row] = static_cast<float>(carried + rebase * sum);
  state.max[row] = joint;
  const int64_t column = tile.targets[row] - tile.vocab_begin;
  if (tile.targets[row] >= 0 && column >= 0 && column < tile.width) {
    state.target_logit[row] = static_cast<float>(logits[column]) * tile.inv_temperature;
  }
}

__global__ void __launch_bounds__(kThreads)
    finish(TokenLogprobState state, const int32_t* targets, int64_t rows, float* logprob, float* lse) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (row >= rows) return;
  const double log_sum = state.max[row] + log(static_cast<double>(state.sum[row]));
  lse[row] = static_cast<float>(log_sum);
  logprob[row] = targets[row] < 0 ? 0.0f : static_cast<float>(state.target_logit[row] - log_sum);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    backward_tile(TokenLogprobTile<T> tile, const float* lse, const float* coef, T* dlogits) {
  const int64_t row = blockIdx.x;
  const T* logits = tile.logits + row * tile.row_stride;
  T* out = dlogits + row * tile.row_stride;
  const int width = static_cast<int>(tile.width);
  const bool paired = holds_pairs(logits) && holds_pairs(out);
  const int32_t target = tile.targets[row];
  const float scale = target < 0 ? 0.0f : coef[row] * tile.inv_temperature;
  const float log_sum = lse[row];
  const int64_t column = target - tile.vocab_begin;
  const auto slope = [&](float logit, int v) {
    const float below = fmaf(logit, tile.inv_temperature, -log_sum);
    return -scale * (v == column ? expm1f(below) : expf(below));
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
  launch("token_logprob_forward_tile", forward_tile<T>, grid_of("token_logprob_forward_tile", tile.rows),
         kThreads, stream, tile, state);
}

void token_logprob_finish_cuda(const TokenLogprobState& state, const int32_t* targets, int64_t rows,
                               float* logprob, float* lse, void* stream) {
  if (rows == 0) return;
  launch("token_logprob_finish", finish, blocks_for("token_logprob_finish", rows), kThreads, stream, state,
         targets, rows, logprob, lse);
}

template <class T>
void token_logprob_backward_tile_cuda(const TokenLogprobTile<T>& tile, const float* lse, const float* coef,
                                      T* dlogits, void* stream) {
  if (tile.rows == 0) return;
  const dim3 grid = grid_of("token_logprob_backward_tile", tile.rows, (tile.width + kChunk - 1) / kChunk);
  launch("token_logprob_backward_tile", backward_tile<T>, grid, kThreads, stream, tile, lse, coef, dlogits);
}

template void token_logprob_forward_tile_cuda(const TokenLogprobTile<float>&, const TokenLogprobState&,
                                              void*);
template void token_logprob_forward_tile_cuda(const TokenLogprobTile<bfloat16>&, const TokenLogprobState&,
                                              void*);
template void token_logprob_backward_tile_cuda(const TokenLogprobTile<float>&, const float*, const float*,
                                               float*, void*);
template void token_logprob_backward_tile_cuda(const TokenLogprobTile<bfloat16>&, const float*, const float*,
                                               bfloat16*, void*);

}  // namespace vqat::kernels
