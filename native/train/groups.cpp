#include "train/groups.h"

#include "base/error.h"
#include "tensor/host.h"

namespace vqat::train {
namespace {

std::span<const model::GroupTokens> groups_of(const GroupBatch& batch, const MicroBatch& micro) {
  return std::span(batch.groups).subspan(micro.first_group, micro.groups);
}

}  // namespace

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

std::vector<MicroBatch> split(const GroupBatch& batch, int64_t limit) {
  std::vector<MicroBatch> out;
  int64_t rows = 0, sequence = 0, token = 0;
  for (size_t g = 0; g < batch.groups.size(); ++g) {
    const model::GroupTokens& group = batch.groups[g];
    auto more = static_cast<int64_t>(group.prompt.size());
    for (const auto& completion : group.completions) more += static_cast<int64_t>(completion.size());
    if (out.empty() || rows + more > limit) {
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

at::Tensor hidden_rows(model::Model& model, const GroupBatch& batch, const MicroBatch& micro,
                       const model::Features& features, bool keep, Forward& out) {
  std::vector<int64_t> clip_of;
  int64_t clip = 0;
  for (size_t g = 0; g < micro.groups; ++g)
    clip_of.push_back(batch.clips[micro.first_group + g] ? clip++ : -1);
  out.packed = model.pack(groups_of(batch, micro));
  at::Tensor x = model.embed(out.packed, features, clip_of, keep ? &out.saved : nullptr);
  return model.decoder().forward(std::move(x), out.packed, keep ? &out.saved.decoder : nullptr);
}

Forward forward(model::Model& model, const GroupBatch& batch, const MicroBatch& micro,
                const model::Features& features, double temperature, bool keep, model::ModelSaved saved) {
  Forward out;
  out.saved = std::move(saved);
  const at::Tensor hidden = hidden_rows(model, batch, micro, features, keep, out);
  const auto targets = model::completion_targets(groups_of(batch, micro), model.device());
  out.log_probs = model.head().log_probs(hidden, targets, temperature, keep ? &out.head : nullptr);
  return out;
}

void backward(model::Model& model, const Forward& forward, const at::Tensor& coef, double temperature) {
  const at::Tensor dhidden = model.head().backward(coef, temperature, forward.head);
  const at::Tensor dx = model.decoder().backward(dhidden, forward.packed, forward.saved.decoder);
  model.embed_backward(dx, forward.packed, forward.saved);
}

std::vector<float> log_probs(model::Model& model, const GroupBatch& batch, double temperature,
                             int64_t micro_tokens, const CancelToken& cancel) {
  std::vector<float> out;
  for (const MicroBatch& micro : split(batch, micro_tokens)) {
    cancel.check();
    const auto features = model.encode(clips_of(batch, micro));
    const auto values =
        host_values<float>(forward(model, batch, micro, features, temperature, false).log_probs);
    out.insert(out.end(), values.begin(), values.end());
  }
  return out;
}

}  // namespace vqat::train
