#include "engine/requests.h"

#include "base/error.h"
#include "engine/losses.h"

namespace vqat::engine {
namespace {

using Ids = std::vector<int32_t>;

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

void check_rgb(std::span<const uint8_t> rgb, int64_t width, int64_t height) {
  constexpr int64_t kChannels = 3;
  check(width >= 1 && height >= 1 && rgb.size() == static_cast<size_t>(width * height * kChannels),
        "rgb: expected ", width, " x ", height, " x 3 bytes, found ", rgb.size());
}

void check_offsets(const char* name, const std::vector<int32_t>& offsets, size_t parts, size_t total) {
  check(offsets.size() == parts + 1, name, ": expected ", parts + 1, " offsets, found ", offsets.size());
  check(offsets[0] == 0 && offsets.back() == static_cast<int64_t>(total), name,
        ": offsets must run from 0 to ", total);
  for (size_t i = 0; i + 1 < offsets.size(); ++i)
    check(offsets[i] <= offsets[i + 1], name, ": offsets must not decrease");
}

at::ScalarType dtype_of(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "bfloat16") return at::kBFloat16;
  fail(Code::E_ARGUMENT, "dtype: expected 'float32' or 'bfloat16', found '", name, "'");
}

StoredTensor stored(const ParameterSpec& spec) {
  StoredTensor out{.name = spec.name, .shape = spec.shape, .sources = {}, .start = {}};
  if (spec.start)
    out.start = {.stream = spec.start->stream, .low = spec.start->low, .high = spec.start->high};
  if (spec.drawn) out.drawn = {.low = spec.drawn->low, .high = spec.drawn->high};
  for (const SourceSpec& source : spec.sources)
    out.sources.push_back(
        {.file = source.file, .begin = source.begin, .end = source.end, .dtype = type_named(source.dtype)});
  return out;
}

std::vector<generate::Prompt> prompts_of(const GenerateRequest& r) {
  check_prompts(r.prompts);
  const size_t n = r.prompts.clips.size();
  check(r.streams.size() == n, "streams: expected ", n, ", found ", r.streams.size());
  check(r.samples.size() == n, "samples: expected ", n, ", found ", r.samples.size());
  std::vector<generate::Prompt> out;
  for (size_t i = 0; i < n; ++i)
    out.push_back({.tokens = slice(r.prompts.tokens, r.prompts.offsets, i),
                   .clip = r.prompts.clips[i],
                   .stream = r.streams[i],
                   .samples = r.samples[i]});
  return out;
}

generate::Settings settings_of(const GenerateRequest& r) {
  return {.max_new_tokens = r.max_new_tokens,
          .temperature = r.temperature,
          .top_k = r.top_k,
          .top_p = r.top_p,
          .end_tokens = r.end_tokens,
          .suppress = r.suppress};
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
    model::GroupTokens group{.prompt = slice(batch.prompts.tokens, batch.prompts.offsets, i),
                             .completions = {}};
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
  return groups_of({.prompts = prompts, .samples = {0}, .tokens = {}, .offsets = {0}}, model);
}

train::Width width_named(const std::string& states) {
  if (states == "float32") return train::Width::kFloat32;
  if (states == "bfloat16") return train::Width::kBFloat16;
  check(states == "8bit", "optimizer.states: expected 'float32', 'bfloat16' or '8bit', found '", states, "'");
  return train::Width::kBlock8;
}

train::TrainerSettings settings_of(const TrainerSpec& s) {
  const std::string& decays = s.optimizer.decays;
  check(decays == "weights" || decays == "all", "optimizer.decays: expected 'weights' or 'all', found '",
        decays, "'");
  check(s.micro_tokens >= 1, "microTokens: expected at least 1, found ", s.micro_tokens);
  check(s.micro_videos >= 0, "microVideos: expected at least 0, found ", s.micro_videos);
  return {.trainable = s.trainable,
          .optimizer = train::adamw({.beta1 = s.optimizer.beta1,
                                     .beta2 = s.optimizer.beta2,
                                     .epsilon = s.optimizer.epsilon,
                                     .weight_decay = s.optimizer.weight_decay,
                                     .decays_all = decays == "all",
                                     .moments = width_named(s.optimizer.states)}),
          .masters = s.optimizer.masters,
          .reference = s.reference,
          .regression_outputs = s.regression_outputs,
          .regression_stream = s.regression_stream,
          .recompute = s.recompute,
          .micro_tokens = s.micro_tokens,
          .micro_videos = s.micro_videos};
}

train::StepRequest step_of(const TrainRequest& r, const model::Model& model) {
  return {.batch = groups_of(r.groups, model),
          .loss = loss_of(r.loss),
          .weights = r.weights,
          .temperature = r.temperature,
          .learning_rate = r.learning_rate,
          .learning_rates = r.learning_rates,
          .max_grad_norm = r.max_grad_norm};
}

}  // namespace vqat::engine
