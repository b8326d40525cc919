// The calls that only look: log-probabilities by the trainer's path, and a prompt's logits and gradients.
#include "base/error.h"
#include "tensor/host.h"
#include "train/trainer.h"

namespace vqat::train {
namespace {

struct PromptForward {
  model::PackedBatch packed;
  model::ModelSaved saved;
  at::Tensor hidden;  // [rows, hidden]
};

PromptForward run_prompt(model::Model& model, const GroupBatch& batch, bool keep) {
  check(batch.groups.size() == 1, "expected one prompt, found ", batch.groups.size());
  PromptForward out;
  const MicroBatch all{.groups = 1};
  const auto features = model.encode(clips_of(batch, all), keep ? &out.saved : nullptr);
  out.packed = model.pack(batch.groups);
  at::Tensor x = model.embed(out.packed, features, {batch.clips[0] ? 0 : -1}, keep ? &out.saved : nullptr);
  out.hidden = model.decoder().forward(std::move(x), out.packed, keep ? &out.saved.decoder : nullptr);
  return out;
}

}  // namespace

std::vector<float> log_probs(model::Model& model, const GroupBatch& batch, double temperature,
                             int64_t micro_tokens, const CancelToken& cancel) {
  std::vector<float> out;
  for (const MicroBatch& micro : split(batch, micro_tokens)) {
    cancel.check();
    const auto features = model.encode(clips_of(batch, micro));
    const auto values =
        host_values<float>(forward(model, batch, micro, features, temperature, false, false).log_probs);
    out.insert(out.end(), values.begin(), values.end());
  }
  return out;
}

at::Tensor prompt_logits(model::Model& model, const GroupBatch& batch) {
  return model.head().logits(run_prompt(model, batch, false).hidden).to(at::kFloat).cpu();
}

Gradients prompt_gradients(model::Model& model, const GroupBatch& batch,
                           const std::vector<int32_t>& targets) {
  std::vector<Parameter*> parameters;
  for (Parameter* p : model.parameters().in_order()) {
    if (p->trainable()) fail(Code::E_BUSY, "gradients: a trainer holds this model; dispose of it first");
    if (!p->name.ends_with(".running_mean") && !p->name.ends_with(".running_var")) parameters.push_back(p);
  }
  check(!batch.groups.empty() && targets.size() == batch.groups[0].prompt.size(), "targets: expected ",
        batch.groups.empty() ? 0 : batch.groups[0].prompt.size(), " ids, found ", targets.size());
  std::vector<int64_t> rows;
  std::vector<int32_t> ids;
  for (size_t i = 0; i < targets.size(); ++i) {
    if (targets[i] == -100) continue;
    check(targets[i] >= 0 && targets[i] < model.geometry().language.vocabulary, "target ", targets[i],
          " is outside the vocabulary");
    rows.push_back(static_cast<int64_t>(i));
    ids.push_back(targets[i]);
  }
  check(!rows.empty(), "targets: every one is -100");

  // Gradients live for this call only, whatever happens in it.
  struct Lease {
    std::vector<Parameter*>& parameters;
    ~Lease() {
      for (Parameter* p : parameters) p->grad = at::Tensor();
    }
  } lease{parameters};
  for (Parameter* p : parameters) p->grad = at::zeros(p->value.sizes(), p->value.options().dtype(at::kFloat));
  model.encoder().forget();

  PromptForward pass = run_prompt(model, batch, true);
  const model::Targets wanted{on_device(rows, model.device()), on_device(ids, model.device())};
  model::HeadSaved head;
  const at::Tensor log_probs = model.head().log_probs(pass.hidden, wanted, 1.0, &head);
  const at::Tensor coef = at::full_like(log_probs, -1.0 / static_cast<double>(rows.size()));
  const at::Tensor dhidden = model.head().backward(coef, 1.0, head);
  model.embed_backward(model.decoder().backward(dhidden, pass.packed, pass.saved.decoder), pass.packed,
                       pass.saved);

  Gradients out;
  out.loss = -log_probs.to(at::kDouble).mean().item<double>();
  for (Parameter* p : parameters) out.gradients.emplace_back(p->name, p->grad.cpu());
  return out;
}

}  // namespace vqat::train
