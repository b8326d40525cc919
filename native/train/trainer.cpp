#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "kernels/grpo_loss/grpo_loss.h"
#include "tensor/dispatch.h"

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

at::Tensor on_device(const std::vector<float>& values, int64_t begin, int64_t count, at::Device device) {
  return at::from_blob(const_cast<float*>(values.data()) + begin, {count}, at::kFloat).clone().to(device);
}

void check_step(const StepRequest& r, const PooledHead* pooled) {
  size_t sequences = 0, tokens = 0;
  for (size_t g = 0; g < r.batch.groups.size(); ++g) {
    const auto& group = r.batch.groups[g];
    for (const auto& completion : group.completions) {
      check(!completion.empty(), "group ", g, ": a completion needs at least one token");
      tokens += completion.size();
    }
    sequences += group.completions.size();
    if (r.loss != Loss::kRegression) {
      check(!group.prompt.empty(), "group ", g, ": a prompt needs at least one token");
      check(!group.completions.empty(), "group ", g, ": expected at least one completion");
    } else {
      check(r.batch.clips[g] != nullptr, "group ", g, ": regression needs a clip");
    }
  }
  check(!r.batch.groups.empty(), "a step needs at least one group");
  const auto fits = [](const char* name, size_t found, size_t expected) {
    check(found == expected, name, ": expected ", expected, " values, found ", found);
  };
  if (r.loss == Loss::kGrpo) fits("advantages", r.advantages.size(), sequences);
  if (!r.old_log_probs.empty()) fits("oldLogProbs", r.old_log_probs.size(), tokens);
  if (!r.weights.empty()) fits("weights", r.weights.size(), tokens);
  if (r.loss == Loss::kRegression) {
    check(pooled != nullptr, "loss 'regression' needs a trainer with a pooled head (regressionOutputs)");
    fits("targets", r.targets.size(), r.batch.groups.size() * static_cast<size_t>(pooled->outputs()));
  }
}

}  // namespace

Trainer::Trainer(std::shared_ptr<model::Model> model, TrainerSettings settings)
    : model_(std::move(model)), settings_(std::move(settings)) {
  std::vector<Parameter*> chosen;
  const auto wanted = [&](const std::string& part) {
    return std::count(settings_.trainable.begin(), settings_.trainable.end(), part) > 0;
  };
  for (Parameter* p : model_->parameters().in_order())
    if (wanted(part_of(p->name))) chosen.push_back(p);
  for (const std::string& part : settings_.trainable)
    check(std::any_of(chosen.begin(), chosen.end(), [&](Parameter* p) { return part_of(p->name) == part; }),
          "trainable: this checkpoint has no part '", part, "'");
  if (settings_.regression_outputs > 0) {
    pooled_.emplace(*model_, model_->encoder().has_motion(), settings_.regression_outputs,
                    settings_.regression_stream);
    for (Parameter* p : pooled_->parameters()) chosen.push_back(p);
  }
  arena_.emplace(chosen);
  model_->encoder().forget();
  if (settings_.reference) reference_ = model_->reference();
}

StepResult Trainer::step(const StepRequest& request, const CancelToken& cancel) {
  const auto start = std::chrono::steady_clock::now();
  check_step(request, pooled_ ? &*pooled_ : nullptr);
  if (request.loss == Loss::kGrpo && request.beta > 0)
    check(reference_ != nullptr, "beta ", request.beta, ": the trainer was opened without a reference");
  StepResult result;
  arena_->zero_gradients();
  if (request.loss == Loss::kRegression) {
    accumulate_regression(request, cancel, result);
  } else {
    if (model_->encoder().motion_trainable())
      fail(Code::E_ARGUMENT, "trainable: 'motion' trains by loss 'regression' only");
    accumulate(request, cancel, result);
  }
  cancel.check();  // the last safe point: below, weights change
  result.grad_norm = arena_->gradient_norm();
  if (!std::isfinite(result.loss)) fail(Code::E_NUMERIC, "the loss is not finite; nothing was updated");
  // The small constant is that of torch's clip_grad_norm_.
  const double factor = request.max_grad_norm / (result.grad_norm + 1e-6);
  if (factor < 1) arena_->scale_gradients(factor);
  arena_->adamw(request.learning_rate, settings_.beta1, settings_.beta2, settings_.epsilon,
                settings_.weight_decay);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

void Trainer::accumulate(const StepRequest& r, const CancelToken& cancel, StepResult& result) {
  const std::vector<MicroBatch> micros = split(r.batch, settings_.micro_tokens);
  int64_t sequences = 0, tokens = 0;
  for (const MicroBatch& micro : micros) {
    sequences += micro.sequences;
    tokens += micro.tokens;
  }
  double weight_total = static_cast<double>(tokens);
  if (r.loss == Loss::kSft && !r.weights.empty()) {
    weight_total = 0;
    for (const float w : r.weights) weight_total += w;
    check(weight_total > 0, "weights: at least one must be positive");
  }
  const bool with_reference = r.loss == Loss::kGrpo && r.beta > 0;
  kernels::GrpoSums sums;
  for (const MicroBatch& micro : micros) {
    cancel.check();
    const model::Clips clips = clips_of(r.batch, micro);
    model::ModelSaved saved;
    const model::Features features = model_->encode(clips, &saved);
    at::Tensor reference;
    if (with_reference) {
      // Frozen encoders see the same in policy and reference: their features serve both.
      const model::Features own = model_->encoder().trainable() ? reference_->encode(clips) : features;
      reference = forward(*reference_, r.batch, micro, own, r.temperature, false, false).log_probs.cpu();
    }
    const Forward policy = forward(*model_, r.batch, micro, features, r.temperature, true,
                                   settings_.recompute, std::move(saved));
    const at::Tensor log_probs = policy.log_probs.cpu();
    at::Tensor coef;
    if (r.loss == Loss::kGrpo) {
      coef = at::empty_like(log_probs);
      std::vector<int64_t> offsets{0};
      for (size_t g = 0; g < micro.groups; ++g)
        for (const auto& completion : r.batch.groups[micro.first_group + g].completions)
          offsets.push_back(offsets.back() + static_cast<int64_t>(completion.size()));
      kernels::grpo_loss(
          {.logp = data<float>(log_probs),
           .old_logp = r.old_log_probs.empty() ? nullptr : r.old_log_probs.data() + micro.first_token,
           .ref_logp = with_reference ? data<float>(reference) : nullptr,
           .offsets = offsets.data(),
           .advantages = r.advantages.data() + micro.first_sequence,
           .sequences = micro.sequences,
           .sequence_count_total = sequences,
           .clip_low = r.clip_low,
           .clip_high = r.clip_high,
           .beta = r.beta},
          data<float>(coef), sums);
    } else {
      coef = r.weights.empty() ? at::ones_like(log_probs)
                               : on_device(r.weights, micro.first_token, micro.tokens, at::kCPU);
      coef.mul_(-1 / weight_total);
      result.loss += at::dot(coef.to(at::kDouble), log_probs.to(at::kDouble)).item<double>();
    }
    backward(*model_, policy, coef.to(model_->device()), r.temperature);
  }
  result.completion_tokens = tokens;
  if (r.loss != Loss::kGrpo) return;
  result.loss = sums.loss;
  result.kl = sums.kl;
  result.clip_fraction = sums.clipped / sums.tokens;
  result.ratio = sums.ratio / sums.tokens;
}

void Trainer::accumulate_regression(const StepRequest& r, const CancelToken& cancel, StepResult& result) {
  const int64_t outputs = pooled_->outputs(), total = static_cast<int64_t>(r.batch.groups.size()) * outputs;
  for (const MicroBatch& micro : split(r.batch, settings_.micro_tokens)) {
    cancel.check();
    const auto n = static_cast<int64_t>(micro.groups), first = static_cast<int64_t>(micro.first_group);
    model::ModelSaved saved;
    const model::Features features = model_->encode(clips_of(r.batch, micro), &saved);
    const model::Model::Projected projected = model_->project(features, &saved);
    PooledHead::Saved pooled;
    const at::Tensor predictions = pooled_->forward(projected, features.counts, pooled);
    const at::Tensor wanted =
        on_device(r.targets, first * outputs, n * outputs, model_->device()).view({n, outputs});
    const at::Tensor error = predictions - wanted, size = error.abs();
    const at::Tensor loss = at::where(size < 1, 0.5 * error * error, size - 0.5);
    result.loss += loss.sum(at::kDouble).item<double>() / static_cast<double>(total);
    const auto back =
        pooled_->backward(error.clamp(-1, 1) / static_cast<double>(total), pooled, model_->dtype());
    model_->project_backward(back.tokens, back.motion, saved);
    const at::Tensor host = predictions.contiguous().cpu();
    result.predictions.insert(result.predictions.end(), data<float>(host), data<float>(host) + host.numel());
  }
}

void Trainer::save(const std::string& path, const CancelToken& cancel) const {
  std::vector<WrittenTensor> tensors;
  for (const auto& [name, tensor] : arena_->state())
    tensors.push_back({name, tensor.sizes().vec(), at::kFloat, [tensor] { return tensor; }});
  write_safetensors(path, tensors, {{"steps", std::to_string(arena_->steps())}}, cancel);
}

}  // namespace vqat::train
