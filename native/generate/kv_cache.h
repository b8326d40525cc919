// Keys and values of one generate call, allocated once: every prompt's rows end to end, and a slot of
// `max_new` rows for each sample.
#pragma once

#include <vector>

#include "model/geometry.h"
#include "tensor/ops/decode_attention.h"

namespace vqat::generate {

class KvCache {
 public:
  // `prompt_offsets` [prompts + 1], first row of each prompt.
  KvCache(const model::LanguageGeometry& geometry, const std::vector<int64_t>& prompt_offsets, int64_t slots,
          int64_t max_new, at::TensorOptions options);

  // Stores rows of prompts from `first_row` on; qkv as the decoder's layers make it, keys rotated.
  void put_prompt(size_t layer, int64_t first_row, const at::Tensor& qkv);
  // Stores position t of the active slots (int64 [active]); qkv [active, columns].
  void put_own(size_t layer, int64_t t, const at::Tensor& slots, const at::Tensor& qkv);
  // Attention of qkv's queries over what is stored; writes `out` [active, heads·head_width].
  void attend(size_t layer, const at::Tensor& qkv, const ops::DecodeRows& rows, const at::Tensor& out) const;

 private:
  const model::HeadLayout layout_;
  at::Tensor prompt_offsets_;  // int64 [prompts + 1]
  std::vector<ops::DecodeCache> layers_;
};

}  // namespace vqat::generate
