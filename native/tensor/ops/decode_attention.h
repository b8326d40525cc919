// Attention of one new position per row over its prompt's keys and its own; the formula is in
// kernels/decode_attention.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

struct DecodeCache {
  at::Tensor prompt_k, prompt_v;  // [prompt rows, kv_heads, head_width], prompts end to end
  at::Tensor own_k, own_v;        // [slots, max_new, kv_heads, head_width]
  int64_t longest_prompt;         // rows of the longest one
};

// Which keys each row of the queries reads.
struct DecodeRows {
  at::Tensor prompt;  // int32 [rows], index of its prompt
  at::Tensor slot;    // int32 [rows]
  at::Tensor length;  // int32 [rows], positions of its slot, the present one counted
};

// q [rows, heads·head_width] contiguous; `prompt_offsets` int64 [prompts + 1], first row of each prompt.
// Writes `out`, like q.
void decode_attention(const at::Tensor& q, const DecodeCache& cache, const at::Tensor& prompt_offsets,
                      const DecodeRows& rows, const at::Tensor& out);

}  // namespace vqat::ops
