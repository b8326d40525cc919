#include "train/prompt_probe.h"

#include "base/error.h"
#include "tensor/host.h"

namespace vqat::train {
namespace {

// Hidden rows [rows, hidden] of a batch's one prompt.
at::Tensor run_prompt(model::Model& model, const GroupBatch& batch, bool keep, Forward& out) {
  check(batch.groups.size() == 1, "expected one prompt, found ", batch.groups.size());
  const MicroBatch all{.groups = 1};
  const auto features = model.encode(clips_of(batch, all), keep ? &out.saved : nullptr);
  return hidden_rows(model, batch, all, features, keep, out);
}

}  // namespace

at::Tensor prompt_logits(model::Model& model, const GroupBatch& batch) {
  Forward pass;
  return model.head().logits(run_prompt(model, batch, false, pass)).to(at::kFloat).cpu();
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

  Forward pass;
  const at::Tensor hidden = run_prompt(model, batch, true, pass);
  const model::Targets wanted{on_device(rows, model.device()), on_device(ids, model.device())};
  const at::Tensor log_probs = model.head().log_probs(hidden, wanted, 1.0, &pass.head);
  backward(model, pass, at::full_like(log_probs, -1.0 / static_cast<double>(rows.size())), 1.0);

  Gradients out;
  out.loss = -log_probs.to(at::kDouble).mean().item<double>();
  for (Parameter* p : parameters) out.gradients.emplace_back(p->name, p->grad.cpu());
  return out;
}

}  // namespace vqat::train
