#include "generate/kv_cache.h"

#include <utility>

namespace vqat::generate {
namespace {

// [rows, columns] → keys and values [rows, kv_heads, head_width], views
std::pair<at::Tensor, at::Tensor> keys_values(const at::Tensor& qkv, const model::HeadLayout& layout) {
  const int64_t width = layout.kv_heads * layout.width, q = layout.heads * layout.width;
  const auto split = [&](int64_t begin) {
    return qkv.narrow(1, begin, width).unflatten(1, {layout.kv_heads, layout.width});
  };
  return {split(q), split(q + width)};
}

}  // namespace

KvCache::KvCache(const model::LanguageGeometry& geometry, CachedPrompts prompts, int64_t slots,
                 int64_t max_new, at::TensorOptions options)
    : layout_(geometry.layout()),
      slots_(slots),
      max_new_(max_new),
      prompt_offsets_(std::move(prompts.offsets)) {
  const auto made = [&](int64_t rows) { return at::empty({rows, layout_.kv_heads, layout_.width}, options); };
  const auto by_slot = [&](const at::Tensor& own) {
    return own.narrow(0, 0, slots * max_new).unflatten(0, {slots, max_new});
  };
  for (int64_t i = 0; i < geometry.layers; ++i) {
    const at::Tensor k = made(slots * max_new + 1), v = made(slots * max_new + 1);
    layers_.push_back(
        {k, v, {made(prompts.rows), made(prompts.rows), by_slot(k), by_slot(v), prompts.longest}});
  }
}

void KvCache::put_prompt(size_t layer, int64_t first_row, const at::Tensor& qkv) {
  const auto [k, v] = keys_values(qkv, layout_);
  layers_[layer].cache.prompt_k.narrow(0, first_row, qkv.size(0)).copy_(k);
  layers_[layer].cache.prompt_v.narrow(0, first_row, qkv.size(0)).copy_(v);
}

void KvCache::put_own(size_t layer, const at::Tensor& own_rows, const at::Tensor& qkv) {
  const auto [k, v] = keys_values(qkv, layout_);
  layers_[layer].own_k.index_copy_(0, own_rows, k);
  layers_[layer].own_v.index_copy_(0, own_rows, v);
}

void KvCache::attend(size_t layer, const at::Tensor& qkv, const ops::DecodeRows& rows,
                     const at::Tensor& out) const {
  ops::decode_attention(qkv.narrow(1, 0, layout_.heads * layout_.width).contiguous(), layers_[layer].cache,
                        prompt_offsets_, rows, out);
}

}  // namespace vqat::generate
