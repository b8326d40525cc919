#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "base/error.h"
#include "tensor/deterministic.h"
#include "tensor/finite.h"

namespace vqat::train {
namespace {

// Which part of the model a parameter belongs to, in the words of TrainerSettings::trainable; "" for the
// statistics of batch norm, which no gradient reaches.
std::string part_of(const std::string& name) {
  if (name.ends_with(".running_mean") || name.ends_with(".running_var")) return "";
  if (is_adapter(name)) return "adapters";
  const std::string first = name.substr(0, name.find('.'));
  return first == "motion_projector" ? "motionProjector" : first;
}

std::vector<Parameter*> chosen_of(model::Model& model, const std::vector<std::string>& parts) {
  std::vector<Parameter*> chosen;
  for (Parameter* p : model.parameters().in_order())
    if (std::count(parts.begin(), parts.end(), part_of(p->name)) > 0) chosen.push_back(p);
  return chosen;
}

}  // namespace

double Trainer::planned_bytes(model::Model& model, const TrainerSettings& settings) {
  const bool narrow = model.dtype() != at::kFloat;
  double bytes = 0;
  for (const Parameter* p : chosen_of(model, settings.trainable)) {
    const double float32 = bytes_of(Width::kFloat32, p->value.numel());
    bytes += float32 + (narrow && settings.masters ? float32 : 0) + settings.optimizer.bytes(*p);
    if (settings.reference && !is_adapter(p->name)) bytes += static_cast<double>(p->value.nbytes());
  }
  return bytes;
}

Trainer::Trainer(std::shared_ptr<model::Model> model, TrainerSettings settings)
    : model_(std::move(model)), settings_(std::move(settings)) {
  check_deterministic(model_->device());
  std::vector<Parameter*> chosen = chosen_of(*model_, settings_.trainable);
  for (const std::string& part : settings_.trainable)
    check(std::any_of(chosen.begin(), chosen.end(), [&](Parameter* p) { return part_of(p->name) == part; }),
          "trainable: this checkpoint has no part '", part, "'");
  if (settings_.regression_outputs > 0) {
    pooled_.emplace(*model_, model_->encoder().has_motion(), settings_.regression_outputs,
                    settings_.regression_stream);
    for (Parameter* p : pooled_->parameters()) chosen.push_back(p);
  }
  check(settings_.masters || model_->dtype() != at::kFloat,
        "optimizer.masters: a float32 model's weights are their own masters; false is for a bfloat16 one");
  arena_.emplace(chosen, settings_.masters);
  optimizer_ = settings_.optimizer.make(*arena_);
  const auto& parts = settings_.trainable;
  for (const Arena::Range& range : arena_->ranges())
    parts_.push_back(std::find(parts.begin(), parts.end(), part_of(range.parameter->name)) - parts.begin());
  model_->encoder().forget();
  if (settings_.reference) reference_ = model_->reference();
}

void Trainer::check_step(const StepRequest& r, const BatchSize& size) const {
  const bool pooled = r.loss->reads_predictions();
  check(size.groups > 0, "a step needs at least one group");
  check(!pooled || pooled_, "loss 'regression' needs a trainer with a pooled head (regressionOutputs)");
  check(pooled || !model_->encoder().motion_trainable(),
        "trainable: 'motion' trains by loss 'regression' only");
  check(!r.loss->wants_reference() || reference_, "beta above 0: the trainer was opened without a reference");
  for (size_t g = 0; g < r.batch.groups.size(); ++g) {
    const auto& group = r.batch.groups[g];
    check(!pooled || r.batch.clips[g], "group ", g, ": regression needs a clip");
    check(pooled || !group.prompt.empty(), "group ", g, ": a prompt needs at least one token");
    check(pooled || !group.completions.empty(), "group ", g, ": expected at least one completion");
  }
  if (!pooled) check_count("weights", r.weights.size(), size.tokens);
  if (!r.learning_rates.empty())
    check_count("learningRates", r.learning_rates.size(), static_cast<int64_t>(settings_.trainable.size()));
  r.loss->check_fits(size, outputs());
}

StepResult Trainer::step(const StepRequest& request, const CancelToken& cancel) {
  const auto start = std::chrono::steady_clock::now();
  const BatchSize size = size_of(request.batch);
  check_step(request, size);
  const DeterministicScope deterministic(model_->device());
  arena_->zero_gradients();
  accumulate(request, cancel);
  cancel.check();  // the last safe point: below, weights change
  StepResult result{.metrics = request.loss->metrics(), .completion_tokens = size.tokens};
  try {
    result.grad_norm = arena_->gradient_norm();
    if (!std::isfinite(result.metrics.loss))
      fail(Code::E_NUMERIC, "the loss is not finite; nothing was updated");
  } catch (const Error& error) {
    // A weight that is not finite makes every gradient so: it is the one to name.
    if (error.code() == Code::E_NUMERIC) check_finite(model_->parameters(), "nothing was updated");
    throw;
  }
  // The small constant is that of torch's clip_grad_norm_.
  const double factor = request.max_grad_norm / (result.grad_norm + 1e-6);
  if (factor < 1) arena_->scale_gradients(factor);
  update(request);
  arena_->values_from_masters();
  model_->measure_adapters();
  ++steps_;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

double Trainer::rate_of(const StepRequest& r, size_t i) const {
  return parts_[i] < r.learning_rates.size() ? r.learning_rates[parts_[i]] : r.learning_rate;
}

// Neighbours of one rate go together, so that equal rates are one call.
void Trainer::update(const StepRequest& r) {
  const auto& ranges = arena_->ranges();
  for (size_t first = 0, last = 0; first < ranges.size(); first = last) {
    const double rate = rate_of(r, first);
    while (last < ranges.size() && rate_of(r, last) == rate) ++last;
    const int64_t end = last < ranges.size() ? ranges[last].begin : arena_->size();
    optimizer_->update(ranges[first].begin, end, rate, steps_ + 1);
  }
}

void Trainer::accumulate(const StepRequest& r, const CancelToken& cancel) {
  const std::vector<MicroBatch> all = split(r.batch, settings_.micro_tokens, settings_.micro_videos);
  const bool surveyed = r.loss->surveys() && all.size() > 1;
  if (surveyed)
    for (const MicroBatch& micro : all) {
      cancel.check();
      survey(r, micro);
    }
  for (const MicroBatch& micro : all) {
    cancel.check();
    model::ModelSaved saved;
    saved.encoder.recompute = saved.decoder.recompute = settings_.recompute;
    const model::Features features = model_->encode(clips_of(r.batch, micro), &saved);
    const Sent sent = send(r, micro);
    const at::Tensor reference =
        r.loss->wants_reference() ? reference_log_probs(r, micro, sent.packed, features) : at::Tensor();
    const Pass pass = forward(r, sent.packed, features, true, std::move(saved));
    const Outputs outputs{.micro = micro,
                          .values = pass.values,
                          .entropy = pass.tokens.entropy,
                          .reference = reference,
                          .weights = sent.weights};
    if (r.loss->surveys() && !surveyed) r.loss->survey(outputs);
    backward(r, sent.packed, pass, r.loss->slope(outputs));
  }
}

void Trainer::survey(const StepRequest& r, const MicroBatch& micro) const {
  const model::Features features = model_->encode(clips_of(r.batch, micro));
  const Sent sent = send(r, micro);
  const Pass pass = forward(r, sent.packed, features, false, {});
  r.loss->survey({.micro = micro,
                  .values = pass.values,
                  .entropy = pass.tokens.entropy,
                  .reference = {},
                  .weights = sent.weights});
}

Trainer::Sent Trainer::send(const StepRequest& r, const MicroBatch& micro) const {
  Sent sent;
  Upload upload;
  if (!r.loss->reads_predictions()) pack(*model_, r.batch, micro, upload, sent.packed);
  upload.add(part(r.weights, micro.first_token, micro.tokens()), &sent.weights);
  r.loss->gather(micro, outputs(), upload);
  upload.send(model_->device());
  return sent;
}

at::Tensor Trainer::reference_log_probs(const StepRequest& r, const MicroBatch& micro,
                                        const model::PackedBatch& packed,
                                        const model::Features& features) const {
  // Frozen encoders see the same in policy and reference: their features serve both.
  const model::Features own =
      model_->encoder().trainable() ? reference_->encode(clips_of(r.batch, micro)) : features;
  return train::forward(*reference_, packed, own, {.temperature = r.temperature}).log_probs;
}

Trainer::Pass Trainer::forward(const StepRequest& r, const model::PackedBatch& packed,
                               const model::Features& features, bool keep, model::ModelSaved saved) const {
  Pass pass;
  if (r.loss->reads_predictions()) {
    pass.tokens.saved = std::move(saved);
    const auto projected = model_->project(features, &pass.tokens.saved);
    pass.values = pooled_->forward(projected, features.counts, pass.pooled);
  } else {
    const Reading reading{.temperature = r.temperature, .entropy = r.loss->wants_entropy(), .keep = keep};
    pass.tokens = train::forward(*model_, packed, features, reading, std::move(saved));
    pass.values = pass.tokens.log_probs;
  }
  return pass;
}

void Trainer::backward(const StepRequest& r, const model::PackedBatch& packed, const Pass& pass,
                       const Slopes& slopes) const {
  if (!r.loss->reads_predictions())
    return train::backward(*model_, packed, pass.tokens, {slopes.values, slopes.entropy}, r.temperature);
  const auto back = pooled_->backward(slopes.values, pass.pooled, model_->dtype());
  model_->project_backward(back.tokens, back.motion, pass.tokens.saved);
}

NamedTensors Trainer::state() const {
  NamedTensors out = arena_->named("master.", arena_->masters());
  for (auto& one : optimizer_->state()) out.push_back(std::move(one));
  return out;
}

void Trainer::save(const std::string& path, const CancelToken& cancel) const {
  check_finite(model_->parameters(), "no state that can be gone on from");
  std::vector<WrittenTensor> tensors;
  for (const auto& [name, tensor] : state()) {
    if (tensor.is_floating_point() && !std::isfinite(norm_of(tensor)))
      fail(Code::E_NUMERIC, "the optimiser's '", name, "' is not finite: no state that can be gone on from");
    tensors.push_back(
        {.name = name, .shape = tensor.sizes().vec(), .dtype = tensor.scalar_type(), .values = [tensor] {
           return tensor;
         }});
  }
  write_safetensors(path, tensors,
                    {{"steps", std::to_string(steps_)}, {"optimizer", optimizer_->name()}, {"ranks", "1"}},
                    cancel);
}

void Trainer::restore(const StoredState& stored, const CancelToken& cancel) {
  if (stored.optimizer != optimizer_->name())
    fail(Code::E_FORMAT, "trainer state: of optimizer '", stored.optimizer, "', this trainer has '",
         optimizer_->name(), "': optimizer.states makes the difference");
  if (stored.ranks != 1)
    fail(Code::E_FORMAT, "trainer state: written by ", stored.ranks, " processes, this trainer is 1");
  std::map<std::string, const StoredTensor*> left;
  for (const StoredTensor& tensor : stored.tensors) left[tensor.name] = &tensor;
  const NamedTensors own = state();
  std::vector<at::Tensor> read;  // all of them before the first is replaced
  WeightReader reader;
  for (const auto& [name, tensor] : own) {
    const auto place = left.extract(name);
    if (!place) fail(Code::E_FORMAT, "trainer state: '", name, "' is missing");
    const StoredTensor& found = *place.mapped();
    if (tensor.sizes() != at::IntArrayRef(found.shape))
      fail(Code::E_FORMAT, "trainer state: '", name, "' should have shape ", tensor.sizes(), ", found ",
           at::IntArrayRef(found.shape));
    for (const TensorSource& source : found.sources)
      if (source.dtype != tensor.scalar_type())
        fail(Code::E_FORMAT, "trainer state: '", name, "' should be ", type_name(tensor.scalar_type()),
             ", found ", type_name(source.dtype),
             name.starts_with("master.") ? ": optimizer.masters makes the difference" : "");
    read.push_back(reader.read(found, tensor.scalar_type(), at::kCPU, cancel));
    if (tensor.is_floating_point() && !std::isfinite(norm_of(read.back())))
      fail(Code::E_FORMAT, "trainer state: '", name, "' holds numbers that are not finite");
  }
  if (!left.empty())
    fail(Code::E_FORMAT, "trainer state: '", left.begin()->first,
         "' belongs to nothing that is trained here");
  for (size_t i = 0; i < own.size(); ++i) own[i].second.copy_(read[i]);
  arena_->values_from_masters();
  model_->measure_adapters();
  steps_ = stored.steps;
}

}  // namespace vqat::train
