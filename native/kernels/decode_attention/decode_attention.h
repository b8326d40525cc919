// Attention of one new position per active row, over its prompt's keys and its own. Contract.
//
//   out[a, h] = softmax_t(scale * q[a, h] . k[t, g]) v[t, g],   g = h / (heads / kv_heads)
//   t runs over the rows of prompt group[a], then over the first own_length[a] rows of slot[a].
//
// Rows of one group that stand next to each other share their reads of the prompt. T is float or bfloat16;
// scores, softmax and sums are float32 (reference: double). Exact softmax. No checks inside; no aliasing.
// Deterministic. On the CPU a row's result depends on its own inputs alone, and scratch is allocated per
// thread. On CUDA it also depends on the sizes of the call, by which positions are split, never on other
// rows' contents. Source: Vaswani et al. 2017; grouped heads as in Ainslie et al. 2023.
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/impl.h"

namespace vqat::kernels {

template <class T>
struct DecodeAttention {
  const T* q;                     // [rows, heads, head_dim]
  const T* prompt_k;              // [prompt_rows, kv_heads, head_dim], prompts end to end
  const T* prompt_v;              // like prompt_k
  const int64_t* prompt_offsets;  // [groups + 1], first row of each prompt
  const T* own_k;                 // [slots, max_new, kv_heads, head_dim]
  const T* own_v;                 // like own_k
  const int32_t* group;           // [rows], in [0, groups)
  const int32_t* slot;            // [rows], in [0, slots)
  const int32_t* own_length;      // [rows], in [1, max_new]; counts the current position, already stored
  T* out;                         // [rows, heads, head_dim], written
  int64_t rows;                   // >= 0
  int64_t groups;
  int64_t heads;  // multiple of kv_heads
  int64_t kv_heads;
  int64_t head_dim;
  int64_t longest_prompt;  // no prompt has more rows; CUDA shares its work out by it
  int64_t max_new;
  float scale;  // 1 / sqrt(head_dim) in this model
};

template <class T>
void decode_attention_ref(const DecodeAttention<T>& args);
template <class T>
void decode_attention_cpu(const DecodeAttention<T>& args);

// Device pointers; `scratch` holds decode_attention_scratch() floats (decode_attention_parts.h), aligned to
// 16 bytes; `stream` is a cudaStream_t. Needs head_dim <= 256. Throws Error E_ARGUMENT on a wider head or for
// more rows, heads or positions than a grid has, E_DEVICE when a launch fails.
template <class T>
void decode_attention_cuda(const DecodeAttention<T>& args, float* scratch, void* stream);

template <class T>
void decode_attention(const DecodeAttention<T>& args) {
  use_reference() ? decode_attention_ref(args) : decode_attention_cpu(args);
}

}  // namespace vqat::kernels
