#include "model/decoder.h"

#include <algorithm>

#include "kernels/swiglu/swiglu.h"
#include "tensor/dispatch.h"
#include "tensor/launch.h"

namespace vqat::model {
namespace {

at::Tensor swiglu(const at::Tensor& gate_up) {
  at::Tensor y = at::empty({gate_up.size(0), gate_up.size(1) / 2}, gate_up.options());
  dispatch_type(gate_up, [&](auto zero) {
    using T = decltype(zero);
    launch(gate_up.device(), kernels::SwigluForward<T>{data<T>(gate_up), data<T>(y), y.size(0), y.size(1)});
  });
  return y;
}

at::Tensor swiglu_backward(const at::Tensor& dy, const at::Tensor& gate_up) {
  at::Tensor d = at::empty_like(gate_up);
  dispatch_storage(gate_up, [&](auto zero) {
    using T = decltype(zero);
    kernels::swiglu_backward<T>({data<T>(dy), data<T>(gate_up), data<T>(d), dy.size(0), dy.size(1)});
  });
  return d;
}

HeadLayout layout_of(const LanguageGeometry& g) { return {g.heads, g.kv_heads, g.head_width}; }

}  // namespace

DecoderLayer::DecoderLayer(ParameterStore& parameters, const LanguageGeometry& geometry, int64_t index)
    : geometry_(geometry) {
  const std::string at = "language.layers." + std::to_string(index);
  norm1_ = {&parameters.get(at + ".norm1.weight"), nullptr, geometry.norm_eps, true};
  norm2_ = {&parameters.get(at + ".norm2.weight"), nullptr, geometry.norm_eps, true};
  qkv_ = {&parameters.get(at + ".attn.qkv.weight"), &parameters.get(at + ".attn.qkv.bias")};
  out_ = {&parameters.get(at + ".attn.out.weight"), nullptr};
  gate_up_ = {&parameters.get(at + ".mlp.gate_up.weight"), nullptr};
  down_ = {&parameters.get(at + ".mlp.down.weight"), nullptr};
}

at::Tensor DecoderLayer::project_qkv(const at::Tensor& x, const RotaryTables& tables) const {
  at::Tensor qkv = qkv_.forward(norm1_.forward(x));
  rotate(qkv, tables, geometry_, false);
  return qkv;
}

at::Tensor DecoderLayer::after_attention(const at::Tensor& x, const at::Tensor& attended) const {
  const at::Tensor middle = out_.forward(attended).add_(x);
  at::Tensor gate_up = gate_up_.forward(norm2_.forward(middle));
  const at::Tensor activated = swiglu(gate_up);
  gate_up.reset();  // the widest tensor of the layer
  return down_.forward(activated).add_(middle);
}

at::Tensor DecoderLayer::forward(const at::Tensor& x, const PackedBatch& batch, const RotaryTables& tables,
                                 DecoderLayerSaved* saved) const {
  DecoderLayerSaved s;
  s.input = x;
  s.qkv = qkv_.forward(norm1_.forward(x, &s.norm1));
  rotate(s.qkv, tables, geometry_, false);
  const at::Tensor attended = group_attention(s.qkv, layout_of(geometry_), batch, &s.attention);
  s.middle = x + out_.forward(attended);
  s.gate_up = gate_up_.forward(norm2_.forward(s.middle, &s.norm2));
  const at::Tensor y = s.middle + down_.forward(swiglu(s.gate_up));
  if (saved) *saved = std::move(s);
  return y;
}

at::Tensor DecoderLayer::backward(const at::Tensor& dy, const PackedBatch& batch, const RotaryTables& tables,
                                  const DecoderLayerSaved& s) const {
  // The normed rows and the gated activation are cheap to make again and dear to keep; where they feed only
  // what is frozen, neither is needed.
  const at::Tensor activated = down_.wants_input() ? swiglu(s.gate_up) : at::Tensor();
  const at::Tensor dgate_up = swiglu_backward(down_.backward(dy, activated), s.gate_up);
  const at::Tensor normed2 = gate_up_.wants_input() ? norm2_.forward(s.middle) : at::Tensor();
  const at::Tensor dmiddle = dy + norm2_.backward(gate_up_.backward(dgate_up, normed2), s.middle, s.norm2);
  const at::Tensor dattended = out_.backward(dmiddle, s.attention.out);
  at::Tensor dqkv = group_attention_backward(dattended, s.qkv, layout_of(geometry_), batch, s.attention);
  rotate(dqkv, tables, geometry_, true);
  const at::Tensor normed1 = qkv_.wants_input() ? norm1_.forward(s.input) : at::Tensor();
  return dmiddle + norm1_.backward(qkv_.backward(dqkv, normed1), s.input, s.norm1);
}

Decoder::Decoder(ParameterStore& parameters, const LanguageGeometry& geometry) : geometry_(geometry) {
  for (int64_t i = 0; i < geometry.layers; ++i) layers_.emplace_back(parameters, geometry, i);
}

at::Tensor Decoder::forward(const at::Tensor& embeddings, const PackedBatch& batch,
                            DecoderSaved* saved) const {
  const RotaryTables tables = rotary_tables(geometry_, batch);
  if (saved) {
    saved->tables = tables;
    saved->layers.resize(layers_.size());
  }
  at::Tensor x = embeddings;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const at::Tensor input = x;
    x = layers_[i].forward(input, batch, tables, saved && !saved->recompute ? &saved->layers[i] : nullptr);
    if (saved && saved->recompute) saved->layers[i].input = input;
  }
  return x;
}

at::Tensor Decoder::backward(const at::Tensor& dy, const PackedBatch& batch,
                             const DecoderSaved& saved) const {
  at::Tensor dx = dy;
  for (size_t i = layers_.size(); i-- > 0;) {
    if (saved.recompute) {
      DecoderLayerSaved again;
      layers_[i].forward(saved.layers[i].input, batch, saved.tables, &again);
      dx = layers_[i].backward(dx, batch, saved.tables, again);
    } else {
      dx = layers_[i].backward(dx, batch, saved.tables, saved.layers[i]);
    }
  }
  return dx;
}

RotaryTables rotary_tables(const LanguageGeometry& geometry, const PackedBatch& batch) {
  std::vector<RotarySpan> spans;
  for (const Group& group : batch.groups) {
    int64_t response = 0;
    for (const ResponseRun& run : group.runs) response = std::max(response, run.length);
    spans.push_back({group.prompt_length, group.prompt_length + response});
  }
  RotaryPlan plan = plan_rotary(geometry, spans, batch.positions.device());
  plan.tables.rows = rotary_rows(batch, plan.begins);
  return plan.tables;
}

at::Tensor rotary_rows(const PackedBatch& batch, const std::vector<int32_t>& begins) {
  at::Tensor rows = batch.positions.clone();
  for (size_t g = 0; g < batch.groups.size(); ++g) {
    const Group& group = batch.groups[g];
    if (begins[g] != 0)
      rows.narrow(0, group.begin, group.prompt_length + group.response_rows).add_(begins[g]);
  }
  return rows;
}

}  // namespace vqat::model
