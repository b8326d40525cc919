// Log-probability of one chosen token per row over tiles of the vocabulary, the entropy of the row's
// distribution from the same pass, and the gradient of both. Contract.
//
//   z[i, v]       = logits[i, v] * inv_temperature
//   lse[i]        = log sum_v exp(z[i, v])
//   logprob[i]    = z[i, target[i]] - lse[i]
//   p[i, v]       = exp(z[i, v] - lse[i])
//   entropy[i]    = -sum_v p[i, v] * log p[i, v]                             natural log, >= 0, where wanted
//   dlogits[i, v] = (coef[i] * (1[v = target[i]] - p[i, v])
//                    - entropy_coef[i] * p[i, v] * (log p[i, v] + entropy[i])) * inv_temperature
//
// Where target[i] is -1, logprob[i], entropy[i] and its row of dlogits are 0.
// Use: begin, then forward_tile for every tile in any order, then finish; later backward_tile for every tile,
// on logits made again. A full table of logits never exists. Logits are T = float or bfloat16; state and
// results are float32, sums inside a tile double. A target outside the tile touches no target logit.
// No checks inside; a NaN logit makes lse and logprob NaN. Deterministic for one order of tiles.
// Source: log-softmax with a running maximum (Milakov and Gimelshein 2018).
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/impl.h"

namespace vqat::kernels {

// One set of running numbers per row, carried from tile to tile.
struct TokenLogprobState {
  float* max;           // [rows] largest z so far
  float* sum;           // [rows] sum of exp(z - max) so far
  float* target_logit;  // [rows] z at the target once its tile was seen
  float* below;         // [rows] sum of exp(z - max) * (z - max) so far; null: no entropy is wanted
};

template <class T>
struct TokenLogprobTile {
  const T* logits;         // [rows, width] with row_stride: columns vocab_begin .. vocab_begin + width
  const int32_t* targets;  // [rows], ids in [0, vocabulary), or -1: none
  int64_t rows;            // >= 0
  int64_t width;           // >= 1
  int64_t row_stride;      // elements, >= width
  int64_t vocab_begin;     // id of the tile's first column
  float inv_temperature;   // > 0
};

// d(loss) with respect to what forward gave, and what of it backward reads.
struct TokenLogprobGradient {
  const float* lse;           // [rows]
  const float* coef;          // [rows] of logprob
  const float* entropy;       // [rows]; read where the next is there
  const float* entropy_coef;  // [rows] of entropy, or null: 0
};

// Sets max = -inf, the others 0.
void token_logprob_begin(const TokenLogprobState& state, int64_t rows);

template <class T>
void token_logprob_forward_tile_ref(const TokenLogprobTile<T>& tile, const TokenLogprobState& state);
template <class T>
void token_logprob_forward_tile_cpu(const TokenLogprobTile<T>& tile, const TokenLogprobState& state);

// What forward gives, [rows] each, written; entropy is null where the state has no `below`.
struct TokenLogprobResult {
  float* logprob;
  float* lse;
  float* entropy;
};
void token_logprob_finish(const TokenLogprobState& state, const int32_t* targets, int64_t rows,
                          const TokenLogprobResult& result);

// dlogits has the tile's shape and stride and may be its logits.
template <class T>
void token_logprob_backward_tile_ref(const TokenLogprobTile<T>& tile, const TokenLogprobGradient& gradient,
                                     T* dlogits);
template <class T>
void token_logprob_backward_tile_cpu(const TokenLogprobTile<T>& tile, const TokenLogprobGradient& gradient,
                                     T* dlogits);

// Device pointers; `stream` is a cudaStream_t. Throw Error E_DEVICE when the launch fails.
void token_logprob_begin_cuda(const TokenLogprobState& state, int64_t rows, void* stream);
template <class T>
void token_logprob_forward_tile_cuda(const TokenLogprobTile<T>& tile, const TokenLogprobState& state,
                                     void* stream);
void token_logprob_finish_cuda(const TokenLogprobState& state, const int32_t* targets, int64_t rows,
                               const TokenLogprobResult& result, void* stream);
template <class T>
void token_logprob_backward_tile_cuda(const TokenLogprobTile<T>& tile, const TokenLogprobGradient& gradient,
                                      T* dlogits, void* stream);

template <class T>
void token_logprob_forward_tile(const TokenLogprobTile<T>& tile, const TokenLogprobState& state) {
  use_reference() ? token_logprob_forward_tile_ref(tile, state) : token_logprob_forward_tile_cpu(tile, state);
}
template <class T>
void token_logprob_backward_tile(const TokenLogprobTile<T>& tile, const TokenLogprobGradient& gradient,
                                 T* dlogits) {
  use_reference() ? token_logprob_backward_tile_ref(tile, gradient, dlogits)
                  : token_logprob_backward_tile_cpu(tile, gradient, dlogits);
}

}  // namespace vqat::kernels
