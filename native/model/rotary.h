// Rotary position embedding of queries and keys inside a fused qkv matrix, with dynamic NTK beyond the
// trained length. Angles are float32 whatever the model's dtype.
#pragma once

#include "model/geometry.h"
#include "tensor/torch_compat.h"

namespace vqat::model {

// cos and sin [positions, head_width / 2], float32.
struct RotaryTables {
  at::Tensor cos, sin;
};

// Tables for sequences of up to `length` tokens. Beyond max_positions θ grows as
// θ·(f·length/max − (f − 1))^(d/(d−2)).
RotaryTables rotary_tables(const LanguageGeometry& geometry, int64_t length, at::Device device);

// Rotates the first (heads + kv_heads)·head_width columns of qkv in place; `inverse` undoes it (the
// backward).
void rotate(at::Tensor& qkv, const at::Tensor& positions, const RotaryTables& tables,
            const LanguageGeometry& geometry, bool inverse);

}  // namespace vqat::model
