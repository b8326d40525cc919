// Rotary position embedding of queries and keys inside a fused qkv matrix, with dynamic NTK beyond the
// trained length. Angles are float32 whatever the model's dtype.
#pragma once

#include <vector>

#include "model/geometry.h"
#include "tensor/torch_compat.h"

namespace vqat::model {

// cos and sin [table rows, head_width / 2], float32, and the table row of each row of a batch, int32.
struct RotaryTables {
  at::Tensor cos, sin;
  at::Tensor rows;
};

// A prompt and the longest sequence that begins with it, in tokens.
struct RotarySpan {
  int64_t prompt, whole;
};

// Tables for these spans, cos and sin on the CPU, and where each span's position 0 lies in them. Up to
// max_positions all share one angle table; a longer prompt has its own, stretched by its own length, so that
// nothing else in a call changes it.
struct RotaryPlan {
  at::Tensor cos, sin;
  std::vector<int32_t> begins;
};

// Dynamic NTK: a prompt of L > max_positions tokens has θ' = θ·(f·L/max − (f − 1))^(d/(d−2)), for its
// completions too.
RotaryPlan plan_rotary(const LanguageGeometry& geometry, const std::vector<RotarySpan>& spans);

// Rotates the first (heads + kv_heads)·head_width columns of qkv in place; `inverse` undoes it (the
// backward).
void rotate(at::Tensor& qkv, const RotaryTables& tables, const LanguageGeometry& geometry, bool inverse);

}  // namespace vqat::model
