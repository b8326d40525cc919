// Log-probability of one chosen token per row over tiles of the vocabulary, with the entropy of the row's
// distribution where it is wanted, and the gradient of both; the formulas are in kernels/token_logprob. A
// full table of logits never exists.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

// Which tokens, and where a tile lies among them.
struct TokenTile {
  const at::Tensor& ids;  // int32 [rows], −1: none
  int64_t begin;          // id of the tile's first column
  double temperature;     // > 0
};

// Running numbers for `rows` rows, float32 [3, rows], with the entropy [4, rows]; every tile then goes
// through token_logprob_tile.
at::Tensor token_logprob_begin(int64_t rows, bool entropy, const at::Device& device);
// logits [rows, width], rows contiguous
void token_logprob_tile(const at::Tensor& running, const at::Tensor& logits, const TokenTile& tile);

struct TokenLogprob {
  at::Tensor log_probs, log_sum_exp;  // float32 [rows]
  at::Tensor entropy;                 // the same; undefined where it was not wanted
};
TokenLogprob token_logprob_finish(const at::Tensor& running, const at::Tensor& ids);

// dL of what token_logprob_finish gave: float32 [rows], that of the entropy undefined for 0.
struct TokenSlopes {
  at::Tensor log_probs, entropy;
};
// Replaces a tile's logits by their gradient.
void token_logprob_backward_tile(at::Tensor& logits, const TokenTile& tile, const TokenLogprob& found,
                                 const TokenSlopes& slopes);

}  // namespace vqat::ops
