// Keys and values of one generate call, allocated once: every prompt's rows end to end, and a slot of
// `max_new` rows for each sample.
#pragma once

#include <vector>

#include "model/geometry.h"
#include "tensor/torch_compat.h"

namespace vqat::generate {

struct LayerCache {
  at::Tensor prompt_k, prompt_v;  // [prompt rows, kv_heads, head_width]
  at::Tensor own_k, own_v;        // [slots, max_new, kv_heads, head_width]
};

class KvCache {
 public:
  KvCache(const model::LanguageGeometry& geometry, int64_t prompt_rows, int64_t slots, int64_t max_new,
          at::TensorOptions options);

  // Stores rows of prompts from `first_row` on; qkv as the decoder's layers make it, keys rotated.
  void put_prompt(size_t layer, int64_t first_row, const at::Tensor& qkv);
  // Stores position t of the active slots (int64 [active]); qkv [active, columns].
  void put_own(size_t layer, int64_t t, const at::Tensor& slots, const at::Tensor& qkv);

  const LayerCache& layer(size_t index) const { return layers_[index]; }

 private:
  const model::LanguageGeometry geometry_;
  std::vector<LayerCache> layers_;
};

}  // namespace vqat::generate
