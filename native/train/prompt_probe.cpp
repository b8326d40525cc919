#include "train/prompt_probe.h"

#include "base/error.h"
#include "tensor/deterministic.h"
#include "tensor/host.h"

namespace vqat::train {
namespace {

// A batch's one prompt, read by the model.
struct Prompt {
  model::PackedBatch packed;
  Forward pass;
  at::Tensor hidden;  // [rows, hidden]

  // `keep` for a backward; `upload` may bring more.
  Prompt(model::Model& model, const GroupBatch& batch, bool keep, Upload& upload) {
    check(batch.groups.size() == 1, "expected one prompt, found ", batch.groups.size());
    const MicroBatch all{.groups = 1};
    const auto features = model.encode(clips_of(batch, all), keep ? &pass.saved : nullptr);
    pack(model, batch, all, upload, packed);
    upload.send(model.device());
    hidden = hidden_rows(model, packed, features, keep, pass);
  }
};

}  // namespace

at::Tensor prompt_logits(model::Model& model, const GroupBatch& batch) {
  Upload upload;
  return on_host(model.head().logits(Prompt(model, batch, false, upload).hidden).to(at::kFloat));
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

  const DeterministicScope deterministic(model.device());
  // Gradients live for this call only, whatever happens in it.
  struct Lease {
    std::vector<Parameter*>& parameters;
    ~Lease() {
      for (Parameter* p : parameters) p->grad = at::Tensor();
    }
  } lease{parameters};
  for (Parameter* p : parameters) p->grad = at::zeros(p->value.sizes(), p->value.options().dtype(at::kFloat));
  model.encoder().forget();

  Upload upload;
  model::Targets wanted;
  const auto count = static_cast<double>(rows.size());
  upload.add(std::move(rows), &wanted.rows);
  upload.add(std::move(ids), &wanted.ids);
  Prompt prompt(model, batch, true, upload);
  const at::Tensor log_probs =
      model.head().log_probs(prompt.hidden, wanted, 1.0, false, &prompt.pass.head).log_probs;
  backward(model, prompt.packed, prompt.pass, {at::full_like(log_probs, -1.0 / count), {}}, 1.0);

  Gradients out;
  out.loss = -host_values<double>(log_probs.to(at::kDouble).mean())[0];
  for (Parameter* p : parameters) out.gradients.emplace_back(p->name, on_host(p->grad));
  return out;
}

}  // namespace vqat::train
