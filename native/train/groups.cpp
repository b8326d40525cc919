#include "train/groups.h"

#include "base/error.h"
#include "tensor/host.h"

namespace vqat::train {

BatchSize size_of(const GroupBatch& batch) {
  BatchSize size{.groups = static_cast<int64_t>(batch.groups.size())};
  for (size_t g = 0; g < batch.groups.size(); ++g)
    for (const auto& completion : batch.groups[g].completions) {
      check(!completion.empty(), "group ", g, ": a completion needs at least one token");
      size.sequences += 1;
      size.tokens += static_cast<int64_t>(completion.size());
    }
  return size;
}

std::vector<MicroBatch> split(const GroupBatch& batch, int64_t limit, int64_t most) {
  std::vector<MicroBatch> out;
  int64_t rows = 0, sequence = 0, token = 0;
  for (size_t g = 0; g < batch.groups.size(); ++g) {
    const model::GroupTokens& group = batch.groups[g];
    auto more = static_cast<int64_t>(group.prompt.size());
    for (const auto& completion : group.completions) more += static_cast<int64_t>(completion.size());
    const bool full = !out.empty() && static_cast<int64_t>(out.back().groups) == most;
    if (out.empty() || full || rows + more > limit) {
      out.push_back({.first_group = g, .first_sequence = sequence, .first_token = token});
      rows = 0;
    }
    MicroBatch& micro = out.back();
    micro.groups += 1;
    for (const auto& completion : group.completions)
      micro.offsets.push_back(micro.offsets.back() + static_cast<int64_t>(completion.size()));
    rows += more;
    sequence = micro.first_sequence + micro.sequences();
    token = micro.first_token + micro.tokens();
  }
  return out;
}

model::Clips clips_of(const GroupBatch& batch, const MicroBatch& micro) {
  model::Clips clips;
  for (size_t g = 0; g < micro.groups; ++g)
    if (batch.clips[micro.first_group + g]) clips.push_back(batch.clips[micro.first_group + g]);
  return clips;
}

void pack(const model::Model& model, const GroupBatch& batch, const MicroBatch& micro, Upload& upload,
          model::PackedBatch& packed) {
  const auto of_micro = [&](const auto& all) {
    return std::span(all).subspan(micro.first_group, micro.groups);
  };
  model.pack(of_micro(batch.groups), of_micro(batch.clips), upload, packed);
}

at::Tensor hidden_rows(model::Model& model, const model::PackedBatch& packed, const model::Features& features,
                       bool keep, Forward& out) {
  at::Tensor x = model.embed(packed, features, keep ? &out.saved : nullptr);
  return model.decoder().forward(std::move(x), packed, keep ? &out.saved.decoder : nullptr);
}

Forward forward(model::Model& model, const model::PackedBatch& packed, const model::Features& features,
                const Reading& reading, model::ModelSaved saved) {
  Forward out;
  out.saved = std::move(saved);
  const at::Tensor hidden = hidden_rows(model, packed, features, reading.keep, out);
  const auto found = model.head().log_probs(hidden, packed.targets, reading.temperature, reading.entropy,
                                            reading.keep ? &out.head : nullptr);
  out.log_probs = found.log_probs;
  out.entropy = found.entropy;
  return out;
}

void backward(model::Model& model, const model::PackedBatch& packed, const Forward& forward,
              const ops::TokenSlopes& slopes, double temperature) {
  const at::Tensor dhidden = model.head().backward(slopes, temperature, forward.head);
  const at::Tensor dx = model.decoder().backward(dhidden, packed, forward.saved.decoder);
  model.embed_backward(dx, packed, forward.saved);
}

std::vector<float> log_probs(model::Model& model, const GroupBatch& batch, double temperature,
                             int64_t micro_tokens, const CancelToken& cancel) {
  std::vector<at::Tensor> parts;  // on the device until the last is asked for
  for (const MicroBatch& micro : split(batch, micro_tokens)) {
    cancel.check();
    const auto features = model.encode(clips_of(batch, micro));
    Upload upload;
    model::PackedBatch packed;
    pack(model, batch, micro, upload, packed);
    upload.send(model.device());
    parts.push_back(forward(model, packed, features, {.temperature = temperature}).log_probs);
  }
  return parts.empty() ? std::vector<float>() : host_values<float>(at::cat(parts, 0));
}

}  // namespace vqat::train
