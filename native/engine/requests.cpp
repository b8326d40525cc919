#include "engine/requests.h"

#include "base/error.h"

namespace vqat::engine {
namespace {

using Ids = std::vector<int32_t>;

void check_offsets(const char* name, const Ids& offsets, size_t parts, size_t total) {
  check(offsets.size() == parts + 1, name, ": expected ", parts + 1, " offsets, found ", offsets.size());
  check(offsets[0] == 0 && offsets.back() == static_cast<int64_t>(total), name,
        ": offsets must run from 0 to ", total);
  for (size_t i = 0; i + 1 < offsets.size(); ++i)
    check(offsets[i] <= offsets[i + 1], name, ": offsets must not decrease");
}

Ids slice(const Ids& tokens, const Ids& offsets, size_t part) {
  return {tokens.begin() + offsets[part], tokens.begin() + offsets[part + 1]};
}

void check_ids(const Ids& tokens, const model::Model& model) {
  const int64_t vocabulary = model.geometry().language.vocabulary;
  for (const int32_t id : tokens)
    check(id >= 0 && id < vocabulary, "token ", id, " is outside the vocabulary of ", vocabulary);
}

void check_prompts(const PromptBatch& prompts) {
  check_offsets("prompts", prompts.offsets, prompts.clips.size(), prompts.tokens.size());
}

}  // namespace

at::ScalarType dtype_of(const std::string& name) {
  if (name == "float32" || name == "F32") return at::kFloat;
  if (name == "bfloat16" || name == "BF16") return at::kBFloat16;
  if (name == "F16") return at::kHalf;
  fail(Code::E_ARGUMENT, "dtype: expected 'float32' or 'bfloat16', found '", name, "'");
}

StoredTensor stored(const ParameterSpec& spec) {
  StoredTensor out{spec.name, spec.shape, {}, {}};
  if (spec.start) out.start = {spec.start->stream, spec.start->low, spec.start->high};
  for (const SourceSpec& source : spec.sources)
    out.sources.push_back({source.file, source.begin, source.end, dtype_of(source.dtype)});
  return out;
}

model::ModelGeometry geometry_of(const ModelSpec& spec) {
  const VisionSpec& v = spec.vision;
  const LanguageSpec& l = spec.language;
  return {{v.hidden, v.layers, v.heads, v.intermediate, v.patch, v.image_size, v.norm == "rms", v.norm_eps,
           v.qk_norm},
          {l.hidden, l.layers, l.heads, l.kv_heads, l.head_dim, l.intermediate, l.vocabulary, l.norm_eps,
           l.rope_theta, l.rope_factor, l.max_positions},
          spec.image_token};
}

std::vector<generate::Prompt> prompts_of(const GenerateRequest& r) {
  check_prompts(r.prompts);
  const size_t n = r.prompts.clips.size();
  check(r.streams.size() == n, "streams: expected ", n, ", found ", r.streams.size());
  check(r.samples.size() == n, "samples: expected ", n, ", found ", r.samples.size());
  std::vector<generate::Prompt> out;
  for (size_t i = 0; i < n; ++i)
    out.push_back(
        {slice(r.prompts.tokens, r.prompts.offsets, i), r.prompts.clips[i], r.streams[i], r.samples[i]});
  return out;
}

generate::Settings settings_of(const GenerateRequest& r) {
  return {r.max_new_tokens, r.temperature, r.top_k, r.top_p, r.end_tokens, r.suppress};
}

train::GroupBatch groups_of(const GroupBatch& batch, const model::Model& model) {
  check_prompts(batch.prompts);
  const size_t n = batch.prompts.clips.size();
  check(batch.samples.size() == n, "samples: expected ", n, ", found ", batch.samples.size());
  size_t sequences = 0;
  for (const int32_t k : batch.samples) {
    check(k >= 0, "samples: expected 0 or more, found ", k);
    sequences += static_cast<size_t>(k);
  }
  check_offsets("completions", batch.offsets, sequences, batch.tokens.size());
  check_ids(batch.prompts.tokens, model);
  check_ids(batch.tokens, model);
  train::GroupBatch out;
  size_t sequence = 0;
  for (size_t i = 0; i < n; ++i) {
    model::GroupTokens group{slice(batch.prompts.tokens, batch.prompts.offsets, i), {}};
    for (int32_t k = 0; k < batch.samples[i]; ++k)
      group.completions.push_back(slice(batch.tokens, batch.offsets, sequence++));
    out.groups.push_back(std::move(group));
    out.clips.push_back(batch.prompts.clips[i]);
  }
  return out;
}

train::GroupBatch prompt_group(const PromptBatch& prompts, const model::Model& model) {
  check(prompts.clips.size() == 1, "expected one prompt, found ", prompts.clips.size());
  check(!prompts.tokens.empty(), "a prompt needs at least one token");
  return groups_of({prompts, {0}, {}, {0}}, model);
}

train::TrainerSettings settings_of(const TrainerSpec& s) {
  check(s.micro_tokens >= 1, "microTokens: expected at least 1, found ", s.micro_tokens);
  return {s.trainable,
          s.beta1,
          s.beta2,
          s.epsilon,
          s.weight_decay,
          s.reference,
          s.regression_outputs,
          s.regression_stream,
          s.recompute,
          s.micro_tokens};
}

train::StepRequest step_of(const TrainRequest& r, const model::Model& model) {
  train::StepRequest out;
  if (r.loss == "grpo") {
    out.loss = train::Loss::kGrpo;
  } else if (r.loss == "sft") {
    out.loss = train::Loss::kSft;
  } else if (r.loss == "regression") {
    out.loss = train::Loss::kRegression;
  } else {
    fail(Code::E_ARGUMENT, "loss: expected 'grpo', 'sft' or 'regression', found '", r.loss, "'");
  }
  out.batch = groups_of(r.groups, model);
  out.advantages = r.advantages;
  out.old_log_probs = r.old_log_probs;
  out.weights = r.weights;
  out.targets = r.targets;
  out.temperature = r.temperature;
  out.learning_rate = r.learning_rate;
  out.beta = r.beta;
  out.clip_low = r.clip_low;
  out.clip_high = r.clip_high;
  out.max_grad_norm = r.max_grad_norm;
  return out;
}

}  // namespace vqat::engine
