#include "generate/kv_cache.h"

#include <algorithm>
#include <utility>

#include "tensor/host.h"

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

KvCache::KvCache(const model::LanguageGeometry& geometry, const std::vector<int64_t>& prompt_offsets,
                 int64_t slots, int64_t max_new, at::TensorOptions options)
    : layout_(geometry.layout()), prompt_offsets_(on_device(prompt_offsets, options.device())) {
  int64_t longest = 0;
  for (size_t p = 0; p + 1 < prompt_offsets.size(); ++p)
    longest = std::max(longest, prompt_offsets[p + 1] - prompt_offsets[p]);
  for (int64_t i = 0; i < geometry.layers; ++i) {
    const auto prompt = [&] {
      return at::empty({prompt_offsets.back(), layout_.kv_heads, layout_.width}, options);
    };
    const auto own = [&] { return at::empty({slots, max_new, layout_.kv_heads, layout_.width}, options); };
    layers_.push_back({prompt(), prompt(), own(), own(), longest});
  }
}

void KvCache::put_prompt(size_t layer, int64_t first_row, const at::Tensor& qkv) {
  const auto [k, v] = keys_values(qkv, layout_);
  layers_[layer].prompt_k.narrow(0, first_row, qkv.size(0)).copy_(k);
  layers_[layer].prompt_v.narrow(0, first_row, qkv.size(0)).copy_(v);
}

void KvCache::put_own(size_t layer, int64_t t, const at::Tensor& slots, const at::Tensor& qkv) {
  const auto [k, v] = keys_values(qkv, layout_);
  layers_[layer].own_k.select(1, t).index_copy_(0, slots, k);
  layers_[layer].own_v.select(1, t).index_copy_(0, slots, v);
}

void KvCache::attend(size_t layer, const at::Tensor& qkv, const ops::DecodeRows& rows,
                     const at::Tensor& out) const {
  ops::decode_attention(qkv.narrow(1, 0, layout_.heads * layout_.width).contiguous(), layers_[layer],
                        prompt_offsets_, rows, out);
}

}  // namespace vqat::generate
