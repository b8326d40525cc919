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

  // The pieces around attention, for decoding one position at a time.
  at::Tensor project_qkv(const at::Tensor& x, const at::Tensor& positions, const RotaryTables& tables) const;
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

  const std::vector<DecoderLayer>& layers() const { return layers_; }
  const LanguageGeometry& geometry() const { return geometry_; }

 private:
  const LanguageGeometry geometry_;
  std::vector<DecoderLayer> layers_;
};

// The longest sequence of a batch, in tokens.
int64_t longest(const PackedBatch& batch);

}  // namespace vqat::model
