// The Qwen2 decoder over packed groups: layers with a written forward and backward. Knows rows and groups,
// not where the rows' embeddings come from nor what their outputs are used for.
#pragma once

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

class DecoderLayer {
 public:
  DecoderLayer(ParameterStore& parameters, const LanguageGeometry& geometry, int64_t index);

  at::Tensor forward(const at::Tensor& x, const PackedBatch& batch, const RotaryTables& tables,
                     DecoderLayerSaved* saved) const;
  at::Tensor backward(const at::Tensor& dy, const PackedBatch& batch, const RotaryTables& tables,
                      const DecoderLayerSaved& saved) const;

  void each_linear(const LinearVisitor& visit) {
    for (Linear* linear : {&qkv_, &out_, &gate_up_, &down_}) visit(*linear);
  }

  // The pieces around attention, for decoding one position at a time.
  at::Tensor project_qkv(const at::Tensor& x, const RotaryTables& tables) const;
  at::Tensor after_attention(const at::Tensor& x, const at::Tensor& attended) const;

 private:
  const LanguageGeometry geometry_;
  Norm norm1_, norm2_;
  Linear qkv_, out_, gate_up_, down_;
};

struct DecoderSaved {
  std::vector<DecoderLayerSaved> layers;
  RotaryTables tables;
  bool recompute = false;
};

class Decoder {
 public:
  Decoder(ParameterStore& parameters, const LanguageGeometry& geometry);

  // embeddings [rows, hidden] → hidden rows before the final norm. With `saved`, keeps what the backward
  // needs (only each layer's input when saved->recompute)..
  at::Tensor forward(const at::Tensor& embeddings, const PackedBatch& batch, DecoderSaved* saved) const;
  at::Tensor backward(const at::Tensor& dy, const PackedBatch& batch, const DecoderSaved& saved) const;

  void each_linear(const LinearVisitor& visit) {
    for (DecoderLayer& layer : layers_) layer.each_linear(visit);
  }

  const std::vector<DecoderLayer>& layers() const { return layers_; }
  const LanguageGeometry& geometry() const { return geometry_; }

 private:
  const LanguageGeometry geometry_;
  std::vector<DecoderLayer> layers_;
};

// Rotary tables of a batch, with the table row of each of its rows.
RotaryTables rotary_tables(const LanguageGeometry& geometry, const PackedBatch& batch);
// The table row of each row of a batch whose groups begin at these rows of the tables.
at::Tensor rotary_rows(const PackedBatch& batch, const std::vector<int32_t>& begins);

}  // namespace vqat::model
