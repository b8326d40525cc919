#include "model/decoder.h"

#include "tensor/ops/swiglu.h"

namespace vqat::model {

DecoderLayer::DecoderLayer(ParameterStore& parameters, const LanguageGeometry& geometry, int64_t index)
    : geometry_(geometry), index_(static_cast<size_t>(index)) {
  const std::string at = "language.layers." + std::to_string(index);
  norm1_ = {&parameters.get(at + ".norm1.weight"), nullptr, geometry.norm_eps, true};
  norm2_ = {&parameters.get(at + ".norm2.weight"), nullptr, geometry.norm_eps, true};
  qkv_ = {&parameters.get(at + ".attn.qkv.weight"), &parameters.get(at + ".attn.qkv.bias")};
  out_ = {&parameters.get(at + ".attn.out.weight"), nullptr};
  gate_up_ = {&parameters.get(at + ".mlp.gate_up.weight"), nullptr};
  down_ = {&parameters.get(at + ".mlp.down.weight"), nullptr};
}

at::Tensor DecoderLayer::forward(const at::Tensor& x, const RotaryTables& tables, const Attention& attention,
                                 DecoderLayerSaved* saved) const {
  at::Tensor qkv = qkv_.forward(norm1_.forward(x, saved ? &saved->norm1 : nullptr));
  rotate(qkv, tables, geometry_, false);
  const at::Tensor middle = out_.forward(attention(index_, qkv)).add_(x);
  at::Tensor gate_up = gate_up_.forward(norm2_.forward(middle, saved ? &saved->norm2 : nullptr));
  const at::Tensor activated = ops::swiglu(gate_up);
  if (saved) {
    saved->qkv = std::move(qkv);
    saved->middle = middle;
    saved->gate_up = gate_up;
  }
  gate_up.reset();  // the widest tensor of the layer
  return down_.forward(activated).add_(middle);
}

at::Tensor DecoderLayer::backward(const at::Tensor& dy, const PackedBatch& batch,
                                  const DecoderLayerSaved& s) const {
  // The normed rows and the gated activation are cheap to make again and dear to keep; where they feed only
  // what is frozen, neither is needed.
  const at::Tensor activated = down_.wants_input() ? ops::swiglu(s.gate_up) : at::Tensor();
  const at::Tensor dgate_up = ops::swiglu_backward(down_.backward(dy, activated), s.gate_up);
  const at::Tensor normed2 = gate_up_.wants_input() ? norm2_.forward(s.middle) : at::Tensor();
  const at::Tensor dmiddle = dy + norm2_.backward(gate_up_.backward(dgate_up, normed2), s.middle, s.norm2);
  const at::Tensor dattended = out_.backward(dmiddle, s.attention.out);
  at::Tensor dqkv = group_attention_backward(dattended, s.qkv, geometry_.layout(), batch, s.attention);
  rotate(dqkv, batch.rotary, geometry_, true);
  const at::Tensor normed1 = qkv_.wants_input() ? norm1_.forward(s.input) : at::Tensor();
  return dmiddle + norm1_.backward(qkv_.backward(dqkv, normed1), s.input, s.norm1);
}

Decoder::Decoder(ParameterStore& parameters, const LanguageGeometry& geometry) : geometry_(geometry) {
  for (int64_t i = 0; i < geometry.layers; ++i) layers_.emplace_back(parameters, geometry, i);
}

at::Tensor Decoder::forward(at::Tensor x, const RotaryTables& tables, const Attention& attention) const {
  for (const DecoderLayer& layer : layers_) x = layer.forward(x, tables, attention, nullptr);
  return x;
}

at::Tensor Decoder::forward(at::Tensor x, const PackedBatch& batch, DecoderSaved* saved) const {
  if (!saved) return forward(std::move(x), batch.rotary, within_groups(batch, nullptr));
  saved->layers.resize(layers_.size());
  for (size_t i = 0; i < layers_.size(); ++i) {
    saved->layers[i].input = x;
    DecoderLayerSaved* kept = saved->recompute ? nullptr : &saved->layers[i];
    x = layers_[i].forward(x, batch.rotary, within_groups(batch, kept), kept);
  }
  return x;
}

Attention Decoder::within_groups(const PackedBatch& batch, DecoderLayerSaved* saved) const {
  return [layout = geometry_.layout(), &batch, saved](size_t, const at::Tensor& qkv) {
    return group_attention(qkv, layout, batch, saved ? &saved->attention : nullptr);
  };
}

at::Tensor Decoder::backward(const at::Tensor& dy, const PackedBatch& batch,
                             const DecoderSaved& saved) const {
  at::Tensor dx = dy;
  for (size_t i = layers_.size(); i-- > 0;) {
    if (saved.recompute) {
      DecoderLayerSaved again;
      again.input = saved.layers[i].input;
      layers_[i].forward(again.input, batch.rotary, within_groups(batch, &again), &again);
      dx = layers_[i].backward(dx, batch, again);
    } else {
      dx = layers_[i].backward(dx, batch, saved.layers[i]);
    }
  }
  return dx;
}

}  // namespace vqat::model
