// Log-probability of one chosen token per row over tiles of the vocabulary, and its gradient; the formulas
// are in kernels/token_logprob. A full table of logits never exists.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

// Which tokens, and where a tile lies among them.
struct TokenTile {
  const at::Tensor& ids;  // int32 [rows], −1: none
  int64_t begin;          // id of the tile's first column
  double temperature;     // > 0
};

// Running numbers for `rows` rows, float32 [3, rows]; every tile then goes through token_logprob_tile.
at::Tensor token_logprob_begin(int64_t rows, const at::Device& device);
// logits [rows, width], rows contiguous
void token_logprob_tile(const at::Tensor& running, const at::Tensor& logits, const TokenTile& tile);

struct TokenLogprob {
  at::Tensor log_probs, log_sum_exp;  // float32 [rows]
};
TokenLogprob token_logprob_finish(const at::Tensor& running, const at::Tensor& ids);

// Replaces a tile's logits by their gradient; coef float32 [rows] = dL/dlog_prob.
void token_logprob_backward_tile(at::Tensor& logits, const TokenTile& tile, const at::Tensor& log_sum_exp,
                                 const at::Tensor& coef);

}  // namespace vqat::ops
