#include "train/groups.h"

namespace vqat::train {

std::vector<MicroBatch> split(const GroupBatch& batch, int64_t limit) {
  std::vector<MicroBatch> out;
  int64_t rows = 0, sequence = 0, token = 0;
  for (size_t g = 0; g < batch.groups.size(); ++g) {
    const model::GroupTokens& group = batch.groups[g];
    int64_t more = static_cast<int64_t>(group.prompt.size()), tokens = 0;
    for (const auto& completion : group.completions) tokens += static_cast<int64_t>(completion.size());
    more += tokens;
    if (out.empty() || rows + more > limit) {
      out.push_back({g, 0, sequence, 0, token, 0});
      rows = 0;
    }
    const auto sequences = static_cast<int64_t>(group.completions.size());
    out.back().groups += 1;
    out.back().sequences += sequences;
    out.back().tokens += tokens;
    rows += more;
    sequence += sequences;
    token += tokens;
  }
  return out;
}

model::Clips clips_of(const GroupBatch& batch, const MicroBatch& micro) {
  model::Clips clips;
  for (size_t g = 0; g < micro.groups; ++g)
    if (batch.clips[micro.first_group + g]) clips.push_back(batch.clips[micro.first_group + g]);
  return clips;
}

Forward forward(model::Model& model, const GroupBatch& batch, const MicroBatch& micro,
                const model::Features& features, double temperature, bool keep, bool recompute,
                model::ModelSaved saved) {
  const auto groups = std::span(batch.groups).subspan(micro.first_group, micro.groups);
  std::vector<int64_t> clip_of;
  int64_t clip = 0;
  for (size_t g = 0; g < micro.groups; ++g)
    clip_of.push_back(batch.clips[micro.first_group + g] ? clip++ : -1);
  Forward out;
  out.saved = std::move(saved);
  out.saved.decoder.recompute = recompute;
  out.packed = model.pack(groups);
  out.targets = model::completion_targets(groups, model.device());
  at::Tensor x = model.embed(out.packed, features, clip_of, keep ? &out.saved : nullptr);
  const at::Tensor hidden =
      model.decoder().forward(std::move(x), out.packed, keep ? &out.saved.decoder : nullptr);
  out.log_probs = model.head().log_probs(hidden, out.targets, temperature, keep ? &out.head : nullptr);
  return out;
}

void backward(model::Model& model, const Forward& forward, const at::Tensor& coef, double temperature) {
  const at::Tensor dhidden = model.head().backward(coef, temperature, forward.head);
  const at::Tensor dx = model.decoder().backward(dhidden, forward.packed, forward.saved.decoder);
  model.embed_backward(dx, forward.packed, forward.saved);
}

}  // namespace vqat::train
