#include "model/model.h"

#include "base/error.h"
#include "tensor/ops/attention.h"

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
  const auto& [vision, language, image_token] = geometry_;
  ops::check_attention(vision.hidden / vision.heads, dtype(), device());
  ops::check_attention(language.head_width, dtype(), device());
  if (encoder_.has_motion()) motion_projector_.emplace(*parameters_, "motion_projector");
}

void Model::each_linear(const LinearVisitor& visit) {
  encoder_.each_linear(visit);
  projector_.each_linear(visit);
  if (motion_projector_) motion_projector_->each_linear(visit);
  decoder_.each_linear(visit);
}

void Model::add_adapter(const std::string& weight, const NewAdapter& added) {
  bool found = false;
  each_linear([&](Linear& linear) {
    if (linear.weight->name != weight) return;
    linear.add_adapter(*parameters_, added);
    found = true;
  });
  check(found, "adapter: no linear layer has the weight '", weight, "'");
  encoder_.forget();
}

void Model::measure_adapters() {
  each_linear([](Linear& linear) { linear.measure(); });
}

void Model::merge_adapters() {
  each_linear([&](Linear& linear) { linear.merge(*parameters_); });
  encoder_.forget();
}

void Model::drop_adapters() {
  each_linear([&](Linear& linear) { linear.drop(*parameters_); });
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
        model->add_adapter(linear.weight->name,
                           {.first_row = kept.first_row,
                            .a = kept.a->value,
                            .b = kept.b->value,
                            .scale = kept.scale,
                            .has_magnitude = kept.magnitude != nullptr,
                            .magnitude = kept.magnitude ? kept.magnitude->value : at::Tensor()});
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

void Model::pack(std::span<const GroupTokens> groups, std::span<const std::shared_ptr<Clip>> clips,
                 const std::vector<int32_t>& table_begins, Upload& upload, PackedBatch& batch) const {
  std::vector<GroupPlace> places;
  int64_t clip = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    GroupPlace& place = places.emplace_back();
    place.table_begin = table_begins[g];
    if (!clips[g]) continue;
    place.clip = clip++;
    place.visual = encoder_.visual_tokens(*clips[g]);
  }
  model::pack(groups, places, {geometry_.image_token, encoder_.has_motion()}, upload, batch);
}

void Model::pack(std::span<const GroupTokens> groups, std::span<const std::shared_ptr<Clip>> clips,
                 Upload& upload, PackedBatch& batch) const {
  std::vector<RotarySpan> spans;
  for (const GroupTokens& group : groups) spans.push_back(rotary_span(group));
  const RotaryPlan plan = plan_rotary(geometry_.language, spans);
  pack(groups, clips, plan.begins, upload, batch);
  upload.add(plan.cos, &batch.rotary.cos);
  upload.add(plan.sin, &batch.rotary.sin);
}

at::Tensor Model::embed(const PackedBatch& batch, const Features& features, ModelSaved* saved) const {
  at::Tensor x = embed(batch.tokens);
  if (batch.visual_rows.size(0) == 0) return x;
  const bool motion = batch.motion_rows.size(0) > 0;
  Features used = features;
  used.motion = motion ? features.motion.index_select(0, batch.motion_clips) : at::Tensor();
  const Projected projected = project(used, saved);
  x.index_copy_(0, batch.visual_rows, projected.tokens);
  if (motion) x.index_copy_(0, batch.motion_rows, projected.motion);
  return x;
}

void Model::embed_backward(const at::Tensor& dx, const PackedBatch& batch, const ModelSaved& saved) {
  const bool visual = batch.visual_rows.size(0) > 0, motion = batch.motion_rows.size(0) > 0;
  if (embedding_->trainable()) {
    // Overwritten rows do not depend on the embedding of the slot token.
    at::Tensor rows = dx.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
    if (visual) rows.index_fill_(0, batch.visual_rows, 0);
    if (motion) rows.index_fill_(0, batch.motion_rows, 0);
    embedding_->grad.index_add_(0, batch.tokens, rows);
  }
  if (!visual) return;
  project_backward(dx.index_select(0, batch.visual_rows),
                   motion ? dx.index_select(0, batch.motion_rows) : at::Tensor(), saved);
}

}  // namespace vqat::model
