// Attention over packed groups: a prompt attends to itself, a response to its prompt and to itself, and the
// prompt's keys and values exist once per group. Two flash calls merged by log-sum-exp; the backward calls
// the flash backward once per part with the merged output and log-sum-exp, which is exact. Group by group, or
// on CUDA in bfloat16 all groups in the same two calls.
#pragma once

#include "model/geometry.h"
#include "model/packed.h"

namespace vqat::model {

struct GroupAttentionSaved {
  at::Tensor out;  // [rows, heads·width]
  std::vector<at::Tensor>
      log_sum_exp;  // per call in the order of the forward: prompt, then runs; or of all rows
};

// qkv [rows, (heads + 2 kv_heads)·width], rotary already applied → [rows, heads·width]
at::Tensor group_attention(const at::Tensor& qkv, const HeadLayout& layout, const PackedBatch& batch,
                           GroupAttentionSaved* saved);

// → gradient of qkv, same shape
at::Tensor group_attention_backward(const at::Tensor& grad_out, const at::Tensor& qkv,
                                    const HeadLayout& layout, const PackedBatch& batch,
                                    const GroupAttentionSaved& saved);

}  // namespace vqat::model
