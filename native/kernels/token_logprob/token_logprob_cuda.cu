// Token log-probability on CUDA. Forward: one block a row, the tile's row read twice (maximum, then sum);
// float32 terms in double sums. Backward: one block per row and kThreads columns, each logit read and written
// once, float32.
#include <cmath>

#include "kernels/cuda/device.cuh"
#include "kernels/token_logprob/token_logprob.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 256;

unsigned blocks_for(int64_t elements) { return static_cast<unsigned>((elements + kThreads - 1) / kThreads); }

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
  float largest = -INFINITY;
  bool nan = false;
  for (int64_t v = threadIdx.x; v < tile.width; v += kThreads) {
    largest = fmaxf(largest, logits[v]);
    nan = nan || isnan(static_cast<float>(logits[v]));
  }
  const float top = block_reduce(largest, Max());
  if (!__syncthreads_or(nan) && top == -INFINITY) return;  // no mass here; the whole block leaves
  double sum = 0;
  for (int64_t v = threadIdx.x; v < tile.width; v += kThreads) {
    sum += expf((static_cast<float>(logits[v]) - top) * tile.inv_temperature);
  }
  sum = block_reduce(sum, Add());
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
  const int64_t v = static_cast<int64_t>(blockIdx.y) * kThreads + threadIdx.x;
  if (v >= tile.width) return;
  const int64_t at = row * tile.row_stride + v;
  const float scale = tile.targets[row] < 0 ? 0.0f : coef[row] * tile.inv_temperature;
  const float below = fmaf(static_cast<float>(tile.logits[at]), tile.inv_temperature, -lse[row]);
  dlogits[at] = -scale * (tile.vocab_begin + v == tile.targets[row] ? expm1f(below) : expf(below));
}

}  // namespace

void token_logprob_begin_cuda(const TokenLogprobState& state, int64_t rows, void* stream) {
  if (rows == 0) return;
  launch("token_logprob_begin", begin, blocks_for(rows), kThreads, stream, state, rows);
}

template <class T>
void token_logprob_forward_tile_cuda(const TokenLogprobTile<T>& tile, const TokenLogprobState& state,
                                     void* stream) {
  if (tile.rows == 0) return;
  launch("token_logprob_forward_tile", forward_tile<T>, static_cast<unsigned>(tile.rows), kThreads, stream,
         tile, state);
}

void token_logprob_finish_cuda(const TokenLogprobState& state, const int32_t* targets, int64_t rows,
                               float* logprob, float* lse, void* stream) {
  if (rows == 0) return;
  launch("token_logprob_finish", finish, blocks_for(rows), kThreads, stream, state, targets, rows, logprob,
         lse);
}

template <class T>
void token_logprob_backward_tile_cuda(const TokenLogprobTile<T>& tile, const float* lse, const float* coef,
                                      T* dlogits, void* stream) {
  if (tile.rows == 0) return;
  const dim3 grid(static_cast<unsigned>(tile.rows), blocks_for(tile.width));
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
