// The Qwen2 decoder over packed groups: layers with a written forward and backward. Knows rows and groups,
// not where the rows' embeddings come from nor what their outputs are used for.
#pragma once

#include <functional>
#include <vector>

#include "model/geometry.h"
#include "model/group_attention.h"
#include "model/rotary.h"
#include "tensor/linear.h"
#include "tensor/norm.h"

namespace vqat::model {

struct DecoderLayerSaved {
  at::Tensor input;  // always kept; the rest may be dropped and made again
  at::Tensor qkv, middle, gate_up;
  GroupAttentionSaved attention;
  NormSaved norm1, norm2;
};

// What the attention of a layer makes of its qkv rows, rotary applied: → [rows, heads·width].
using Attention = std::function<at::Tensor(size_t layer, const at::Tensor& qkv)>;

class DecoderLayer {
 public:
  DecoderLayer(ParameterStore& parameters, const LanguageGeometry& geometry, int64_t index);

  // The one composition of a layer, whatever rows there are and whatever they attend to. Fills all of `saved`
  // but its input and what its attention keeps.
  at::Tensor forward(const at::Tensor& x, const RotaryTables& tables, const Attention& attention,
                     DecoderLayerSaved* saved) const;
  // Of a forward whose attention was within groups.
  at::Tensor backward(const at::Tensor& dy, const PackedBatch& batch, const DecoderLayerSaved& saved) const;

  void each_linear(const LinearVisitor& visit) {
    for (Linear* linear : {&qkv_, &out_, &gate_up_, &down_}) visit(*linear);
  }

 private:
  const LanguageGeometry geometry_;
  const size_t index_;
  Norm norm1_, norm2_;
  Linear qkv_, out_, gate_up_, down_;
};

struct DecoderSaved {
  std::vector<DecoderLayerSaved> layers;
  bool recompute = false;
};

class Decoder {
 public:
  Decoder(ParameterStore& parameters, const LanguageGeometry& geometry);

  // Embeddings [rows, hidden] → hidden rows before the final norm, with tables that know the rows.
  at::Tensor forward(at::Tensor x, const RotaryTables& tables, const Attention& attention) const;
  // The same with attention within groups. With `saved`, keeps what the backward needs (only each layer's
  // input when saved->recompute).
  at::Tensor forward(at::Tensor x, const PackedBatch& batch, DecoderSaved* saved) const;
  at::Tensor backward(const at::Tensor& dy, const PackedBatch& batch, const DecoderSaved& saved) const;

  void each_linear(const LinearVisitor& visit) {
    for (DecoderLayer& layer : layers_) layer.each_linear(visit);
  }

 private:
  Attention within_groups(const PackedBatch& batch, DecoderLayerSaved* saved) const;

  const LanguageGeometry geometry_;
  std::vector<DecoderLayer> layers_;
};

}  // namespace vqat::model
