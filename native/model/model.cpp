#include "model/model.h"

#include "base/error.h"
#include "tensor/host.h"

namespace vqat::model {

Model::Model(ModelGeometry geometry, std::unique_ptr<ParameterStore> parameters)
    : geometry_(geometry),
      parameters_(std::move(parameters)),
      encoder_(*parameters_, geometry.vision),
      projector_(*parameters_, "projector"),
      embedding_(&parameters_->get("language.embed.weight",
                                   {geometry.language.vocabulary, geometry.language.hidden})),
      decoder_(*parameters_, geometry.language),
      head_(*parameters_, geometry.language) {
  if (encoder_.has_motion()) motion_projector_.emplace(*parameters_, "motion_projector");
}

void Model::each_linear(const LinearVisitor& visit) {
  encoder_.each_linear(visit);
  projector_.each_linear(visit);
  if (motion_projector_) motion_projector_->each_linear(visit);
  decoder_.each_linear(visit);
}

void Model::add_adapter(const std::string& weight, int64_t first_row, const at::Tensor& a,
                        const at::Tensor& b, double scale) {
  bool found = false;
  each_linear([&](Linear& linear) {
    if (linear.weight->name != weight) return;
    linear.add_adapter(*parameters_, first_row, a, b, scale);
    found = true;
  });
  check(found, "adapter: no linear layer has the weight '", weight, "'");
  encoder_.forget();
}

std::shared_ptr<Model> Model::reference() {
  auto copy = std::make_unique<ParameterStore>();
  for (const Parameter* p : parameters_->in_order())
    if (!is_adapter(p->name)) copy->add(p->name, p->trainable() ? p->value.clone() : p->value);
  auto model = std::make_shared<Model>(geometry_, std::move(copy));
  each_linear([&](const Linear& linear) {
    for (const Adapter& kept : linear.adapters)
      if (!kept.trainable())
        model->add_adapter(linear.weight->name, kept.first_row, kept.a->value, kept.b->value, kept.scale);
  });
  return model;
}

Features Model::encode(const Clips& clips, ModelSaved* saved) {
  return clips.empty() ? Features{} : encoder_.forward(clips, saved ? &saved->encoder : nullptr);
}

Model::Projected Model::project(const Features& features, ModelSaved* saved) const {
  Projected out;
  out.tokens = projector_.forward(features.tokens, saved ? &saved->projector : nullptr);
  if (features.motion.defined())
    out.motion = motion_projector_->forward(features.motion, saved ? &saved->motion_projector : nullptr);
  return out;
}

void Model::project_backward(const at::Tensor& dtokens, const at::Tensor& dmotion, const ModelSaved& saved) {
  const bool vision = encoder_.vision_trainable(), motion = encoder_.motion_trainable();
  at::Tensor dfeatures, dmotion_features;
  if (vision || projector_.trainable()) dfeatures = projector_.backward(dtokens, saved.projector, vision);
  if (dmotion.defined() && (motion || motion_projector_->trainable()))
    dmotion_features = motion_projector_->backward(dmotion, saved.motion_projector, motion);
  if (encoder_.trainable()) encoder_.backward(dfeatures, dmotion_features, saved.encoder);
}

at::Tensor Model::embed(const PackedBatch& batch, const Features& features,
                        const std::vector<int64_t>& clip_of, ModelSaved* saved) const {
  at::Tensor x = embed(batch.tokens);
  std::vector<int64_t> visual_rows, motion_rows, motion_clips;
  for (size_t g = 0; g < batch.groups.size(); ++g) {
    std::vector<int64_t> slots = batch.groups[g].image_rows;
    const int64_t clip = clip_of[g], found = static_cast<int64_t>(slots.size());
    const int64_t visual = clip < 0 ? 0 : features.counts[clip];
    const bool motion = clip >= 0 && found == visual + 1;
    check(found == visual || motion, "prompt ", g, ": expected ", visual, " visual slots",
          clip < 0 ? " (the prompt has no clip)" : " (one more for the motion token)", ", found ", found);
    check(!motion || features.motion.defined(), "prompt ", g,
          ": one slot more than visual tokens, but this checkpoint has no motion parts");
    if (motion) {
      motion_rows.push_back(slots.back());
      motion_clips.push_back(clip);
      slots.pop_back();
    }
    visual_rows.insert(visual_rows.end(), slots.begin(), slots.end());
  }
  if (visual_rows.empty()) return x;
  Features used = features;
  used.motion = motion_rows.empty() ? at::Tensor()
                                    : features.motion.index_select(0, on_device(motion_clips, x.device()));
  const Projected projected = project(used, saved);
  const at::Tensor visual_index = on_device(visual_rows, x.device());
  x.index_copy_(0, visual_index, projected.tokens);
  if (saved) saved->visual_rows = visual_index;
  if (!motion_rows.empty()) {
    const at::Tensor motion_index = on_device(motion_rows, x.device());
    x.index_copy_(0, motion_index, projected.motion);
    if (saved) saved->motion_rows = motion_index;
  }
  return x;
}

void Model::embed_backward(const at::Tensor& dx, const PackedBatch& batch, const ModelSaved& saved) {
  if (embedding_->trainable()) {
    // Overwritten rows do not depend on the embedding of the slot token.
    at::Tensor rows = dx.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
    if (saved.visual_rows.defined()) rows.index_fill_(0, saved.visual_rows, 0);
    if (saved.motion_rows.defined()) rows.index_fill_(0, saved.motion_rows, 0);
    embedding_->grad.index_add_(0, batch.tokens, rows);
  }
  if (!saved.visual_rows.defined()) return;
  project_backward(dx.index_select(0, saved.visual_rows),
                   saved.motion_rows.defined() ? dx.index_select(0, saved.motion_rows) : at::Tensor(), saved);
}

}  // namespace vqat::model
