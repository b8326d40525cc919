// The whole model: encoders, projectors, embedding splice, decoder and head over one store of parameters.
// The only file that knows them all.
#pragma once

#include <memory>
#include <vector>

#include "model/decoder.h"
#include "model/encoder.h"
#include "model/head.h"
#include "model/projector.h"

namespace vqat::model {

// What a forward keeps for its backward.
struct ModelSaved {
  EncoderSaved encoder;
  ProjectorSaved projector, motion_projector;
  DecoderSaved decoder;
};

class Model {
 public:
  Model(ModelGeometry geometry, std::unique_ptr<ParameterStore> parameters);

  // A low-rank adapter on rows of the linear layer with this weight; errors as Linear::add_adapter.
  // E_ARGUMENT when no linear layer has this weight.
  void add_adapter(const std::string& weight, const NewAdapter& added);
  // After weights or adapters have changed.
  void measure_adapters();
  // Every weight as its adapters make it; they are gone.
  void merge_adapters();
  // Takes all adapters away.
  void drop_adapters();

  // A frozen model of the same weights: those that train are copied as they are, adapters that train are off,
  // and all else is shared.
  std::shared_ptr<Model> reference();

  // Features of the batch's clips, in order; `clips` are those of the prompts that have one.
  Features encode(const Clips& clips, ModelSaved* saved = nullptr);

  // Lays out groups and the clips of their prompts, one for each group (nullptr: none), with rotary tables of
  // their own. The batch is there once `upload` is sent to the model's device. E_ARGUMENT when a prompt has
  // not the slots that its clip needs.
  void pack(std::span<const GroupTokens> groups, std::span<const std::shared_ptr<Clip>> clips, Upload& upload,
            PackedBatch& batch) const;
  // The same without cos and sin, over tables in which each group's position 0 has this row.
  void pack(std::span<const GroupTokens> groups, std::span<const std::shared_ptr<Clip>> clips,
            const std::vector<int32_t>& table_begins, Upload& upload, PackedBatch& batch) const;

  // Rows [n, hidden] of the embedding matrix for token ids [n], int32 or int64.
  at::Tensor embed(const at::Tensor& tokens) const { return embedding_->value.index_select(0, tokens); }
  // Embedding rows of a batch with the visual and motion slots of each prompt overwritten; `features` of the
  // batch's clips, in order.
  at::Tensor embed(const PackedBatch& batch, const Features& features, ModelSaved* saved = nullptr) const;
  // dL/dembeddings → gradients of the embedding matrix, the projectors and the encoders, where they train.
  void embed_backward(const at::Tensor& dx, const PackedBatch& batch, const ModelSaved& saved);

  // Visual tokens after the projector [rows, hidden] and motion tokens [clips, hidden] (undefined without).
  struct Projected {
    at::Tensor tokens, motion;
  };
  Projected project(const Features& features, ModelSaved* saved) const;
  void project_backward(const at::Tensor& dtokens, const at::Tensor& dmotion, const ModelSaved& saved);

  // Every linear layer, from the pixels up.
  void each_linear(const LinearVisitor& visit);

  const ModelGeometry& geometry() const { return geometry_; }
  ParameterStore& parameters() { return *parameters_; }
  Encoder& encoder() { return encoder_; }
  const Decoder& decoder() const { return decoder_; }
  const Head& head() const { return head_; }
  at::Device device() const { return embedding_->value.device(); }
  at::ScalarType dtype() const { return embedding_->value.scalar_type(); }

 private:
  const ModelGeometry geometry_;
  std::unique_ptr<ParameterStore> parameters_;
  Encoder encoder_;
  Projector projector_;
  std::optional<Projector> motion_projector_;
  Parameter* embedding_;  // [vocabulary, hidden]
  Decoder decoder_;
  Head head_;
};

}  // namespace vqat::model
