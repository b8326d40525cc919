// Softmax attention through libtorch's operators, forward and backward: over batches of equal lengths, and on
// CUDA in bfloat16 over segments of any lengths at once. Keys and values may have fewer heads than queries.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat::ops {

// E_UNAVAILABLE where a device has no attention for heads of this width in this type: in bfloat16 CUDA's is
// for multiples of 8 up to 256.
void check_attention(int64_t width, at::ScalarType dtype, const at::Device& device);

// Layouts [batch, heads, length, width]. out like q; log_sum_exp [batch, heads, length] float32, natural log.
struct FlashResult {
  at::Tensor out;
  at::Tensor log_sum_exp;
};

FlashResult flash_forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, bool causal);

struct FlashGradients {
  at::Tensor q, k, v;
};

// With the out and log_sum_exp of a whole that these keys are one part of, gives this part's exact share:
// query gradients of the parts add up.
FlashGradients flash_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp,
                              bool causal);

// Rows end to end: part i of the queries is rows [query_offsets[i], query_offsets[i + 1]) and sees part i of
// the keys. A part of the queries may be empty, one of the keys may not.
struct Segments {
  at::Tensor query_offsets, key_offsets;  // int32 [parts + 1], on the device of the rows
  int64_t longest_query, longest_key;
};

// Whether segments of rows like these are attended in one call.
bool has_segments(const at::Tensor& rows);

// q [rows, heads, width], k and v [rows, kv_heads, width], rows of any stride → out [rows, heads, width],
// log_sum_exp [heads, rows]. `causal` needs segments of one length in queries and keys.
FlashResult segments_forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                             const Segments& segments, bool causal);

// Of parts of a whole as in flash_backward.
FlashGradients segments_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                                 const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp,
                                 const Segments& segments, bool causal);

// Joins two parts of one attention over disjoint keys; log_sum_exp like out without its last axis.
FlashResult merge_parts(const FlashResult& a, const FlashResult& b);

}  // namespace vqat::ops
