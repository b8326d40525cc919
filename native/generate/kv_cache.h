// Keys and values of one generate call, allocated once: every prompt's rows end to end, and a slot of
// `max_new` rows for each sample.
#pragma once

#include <vector>

#include "model/geometry.h"
#include "tensor/ops/decode_attention.h"

namespace vqat::generate {

// Of the rows of a step: where each stores, and what it attends to.
struct KvRows {
  at::Tensor own_rows;  // int64 [rows]
  ops::DecodeRows attends;
};

// The prompts of a call, their rows end to end.
struct CachedPrompts {
  at::Tensor offsets;  // int64 [prompts + 1], on the device: first row of each
  int64_t rows;        // of all
  int64_t longest;     // rows of the longest one
};

class KvCache {
 public:
  KvCache(const model::LanguageGeometry& geometry, CachedPrompts prompts, int64_t slots, int64_t max_new,
          at::TensorOptions options);

  // A slot of one row behind the others, for rows that are nobody's.
  int64_t spare_slot() const { return slots_; }
  // Where position t of a slot is stored.
  int64_t own_row(int64_t slot, int64_t t) const { return slot * max_new_ + t; }

  // Stores rows of prompts from `first_row` on; qkv as the decoder's layers make it, keys rotated.
  void put_prompt(size_t layer, int64_t first_row, const at::Tensor& qkv);
  // Stores a position of each row of qkv [rows, columns].
  void put_own(size_t layer, const at::Tensor& own_rows, const at::Tensor& qkv);
  // Attention of qkv's queries over what is stored; writes `out` [rows, heads·head_width].
  void attend(size_t layer, const at::Tensor& qkv, const ops::DecodeRows& rows, const at::Tensor& out) const;

 private:
  struct Layer {
    at::Tensor own_k, own_v;  // [slots·max_new + 1, kv_heads, head_width]
    // The same by slots, without the last row, which the spare slot reads all the same.
    ops::DecodeCache cache;
  };

  const model::HeadLayout layout_;
  const int64_t slots_, max_new_;
  const at::Tensor prompt_offsets_;
  std::vector<Layer> layers_;
};

}  // namespace vqat::generate
