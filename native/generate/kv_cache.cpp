#include "generate/kv_cache.h"

#include <utility>

namespace vqat::generate {
namespace {

// [rows, columns] → keys and values [rows, kv_heads, head_width], views
std::pair<at::Tensor, at::Tensor> keys_values(const at::Tensor& qkv, const model::LanguageGeometry& g) {
  const int64_t width = g.kv_heads * g.head_width, q = g.heads * g.head_width;
  const auto split = [&](int64_t begin) {
    return qkv.narrow(1, begin, width).unflatten(1, {g.kv_heads, g.head_width});
  };
  return {split(q), split(q + width)};
}

}  // namespace

KvCache::KvCache(const model::LanguageGeometry& geometry, int64_t prompt_rows, int64_t slots, int64_t max_new,
                 at::TensorOptions options)
    : geometry_(geometry) {
  for (int64_t i = 0; i < geometry.layers; ++i) {
    const auto prompt = [&] {
      return at::empty({prompt_rows, geometry.kv_heads, geometry.head_width}, options);
    };
    const auto own = [&] {
      return at::empty({slots, max_new, geometry.kv_heads, geometry.head_width}, options);
    };
    layers_.push_back({prompt(), prompt(), own(), own()});
  }
}

void KvCache::put_prompt(size_t layer, int64_t first_row, const at::Tensor& qkv) {
  const auto [k, v] = keys_values(qkv, geometry_);
  layers_[layer].prompt_k.narrow(0, first_row, qkv.size(0)).copy_(k);
  layers_[layer].prompt_v.narrow(0, first_row, qkv.size(0)).copy_(v);
}

void KvCache::put_own(size_t layer, int64_t t, const at::Tensor& slots, const at::Tensor& qkv) {
  const auto [k, v] = keys_values(qkv, geometry_);
  layers_[layer].own_k.select(1, t).index_copy_(0, slots, k);
  layers_[layer].own_v.select(1, t).index_copy_(0, slots, v);
}

}  // namespace vqat::generate
