#include "addon/values.h"

#include <cmath>

namespace vqat::addon {

Napi::Object Named::object() const {
  expect(value.IsObject(), "an object");
  return value.As<Napi::Object>();
}

void read(const Named& from, double& to) {
  from.expect(from.value.IsNumber(), "a number");
  to = from.value.As<Napi::Number>().DoubleValue();
}

void read(const Named& from, int64_t& to) {
  from.expect(from.value.IsNumber(), "an integer");
  const double number = from.value.As<Napi::Number>().DoubleValue();
  from.expect(number == std::floor(number) && std::abs(number) <= 9007199254740991.0, "an integer");
  to = static_cast<int64_t>(number);
}

void read(const Named& from, bool& to) {
  from.expect(from.value.IsBoolean(), "a boolean");
  to = from.value.As<Napi::Boolean>().Value();
}

void read(const Named& from, std::string& to) {
  from.expect(from.value.IsString(), "a string");
  to = from.value.As<Napi::String>().Utf8Value();
}

void read(const Named& from, uint64_t& to) {
  from.expect(from.value.IsBigInt(), "a bigint");
  bool lossless = false;
  to = from.value.As<Napi::BigInt>().Uint64Value(&lossless);
}

void read(const Named& from, engine::ClipSpec& to) { to = {.frames = from["frames"], .size = from["size"]}; }

void read(const Named& from, engine::SourceSpec& to) {
  to = {.file = from["file"], .begin = from["begin"], .end = from["end"], .dtype = from["dtype"]};
}

void read(const Named& from, engine::RandomStart& to) {
  to = {.stream = from["stream"], .low = from["low"], .high = from["high"]};
}

void read(const Named& from, engine::Drawn& to) { to = {.low = from["low"], .high = from["high"]}; }

void read(const Named& from, engine::ParameterSpec& to) {
  to = {.name = from["name"], .shape = from["shape"], .sources = from["sources"], .start = {}, .drawn = {}};
  if (from.object().Has("start")) to.start = from["start"].as<engine::RandomStart>();
  if (from.object().Has("drawn")) to.drawn = from["drawn"].as<engine::Drawn>();
}

void read(const Named& from, engine::AdapterSpec& to) {
  to = {.weight = from["weight"],
        .first_row = from["firstRow"],
        .a = from["a"],
        .b = from["b"],
        .scale = from["scale"],
        .has_magnitude = from["hasMagnitude"],
        .magnitude = {}};
  if (from.object().Has("magnitude")) to.magnitude = from["magnitude"].as<engine::ParameterSpec>();
}

void read(const Named& from, model::VisionGeometry& to) {
  to = {.hidden = from["hidden"],
        .layers = from["layers"],
        .heads = from["heads"],
        .intermediate = from["intermediate"],
        .patch = from["patch"],
        .image_size = from["imageSize"],
        .rms = from["norm"].as<std::string>() == "rms",
        .norm_eps = from["normEps"],
        .qk_norm = from["qkNorm"]};
}

void read(const Named& from, model::LanguageGeometry& to) {
  to = {.hidden = from["hidden"],
        .layers = from["layers"],
        .heads = from["heads"],
        .kv_heads = from["kvHeads"],
        .head_width = from["headDim"],
        .intermediate = from["intermediate"],
        .vocabulary = from["vocabulary"],
        .norm_eps = from["normEps"],
        .rope_theta = from["ropeTheta"],
        .rope_factor = from["ropeFactor"],
        .max_positions = from["maxPositions"]};
}

void read(const Named& from, engine::ModelSpec& to) {
  const Named geometry = from["geometry"];
  to = {.geometry = {.vision = geometry["vision"],
                     .language = geometry["language"],
                     .image_token = geometry["imageToken"]},
        .parameters = from["parameters"],
        .device = from["device"],
        .dtype = from["dtype"]};
}

void read(const Named& from, engine::CopiedValues& to) {
  to = {.dtype = from["dtype"], .bytes = from["bytes"]};
}

void read(const Named& from, engine::SavedTensor& to) {
  to = {.name = from["name"],
        .shape = from["shape"],
        .parameter = {},
        .row_begin = 0,
        .row_end = 0,
        .copied = {}};
  if (from.object().Has("bytes")) {
    to.copied = from.as<engine::CopiedValues>();
    return;
  }
  to.parameter = from["parameter"].as<std::string>();
  to.row_begin = from["rowBegin"].as<int64_t>();
  to.row_end = from["rowEnd"].as<int64_t>();
}

void read(const Named& from, engine::SaveSpec& to) {
  to = {.path = from["path"], .dtype = from["dtype"], .tensors = from["tensors"]};
}

// As it is: a clip's handle, or null.
void read(const Named& from, Napi::Value& to) { to = from.value; }

void read(const Named& from, engine::PromptBatch& to) {
  to = {.tokens = from["tokens"], .offsets = from["offsets"], .clips = {}};
  for (const Napi::Value& clip : from["clips"].as<std::vector<Napi::Value>>())
    to.clips.push_back(clip.IsNull() ? nullptr : held<model::Clip>(clip));
}

void read(const Named& from, engine::GroupBatch& to) {
  to = {.prompts = from["prompts"],
        .samples = from["samples"],
        .tokens = from["tokens"],
        .offsets = from["offsets"]};
}

void read(const Named& from, engine::GenerateRequest& to) {
  to = {.prompts = from["prompts"],
        .streams = from["streams"],
        .samples = from["samples"],
        .max_new_tokens = from["maxNewTokens"],
        .temperature = from["temperature"],
        .top_k = from["topK"],
        .top_p = from["topP"],
        .end_tokens = from["endTokens"],
        .suppress = from["suppress"]};
}

void read(const Named& from, engine::LogProbsRequest& to) {
  to = {.groups = from["groups"], .temperature = from["temperature"]};
}

void read(const Named& from, engine::GradientsRequest& to) {
  to = {.prompts = from["prompts"], .targets = from["targets"]};
}

void read(const Named& from, engine::AdamWSpec& to) {
  check(from["kind"].as<std::string>() == "adamw", "optimizer.kind: expected 'adamw'");
  to = {.beta1 = from["beta1"],
        .beta2 = from["beta2"],
        .epsilon = from["epsilon"],
        .weight_decay = from["weightDecay"],
        .decays = from["decays"],
        .states = from["states"],
        .masters = from["masters"]};
}

void read(const Named& from, engine::TrainerSpec& to) {
  to = {.trainable = from["trainable"],
        .optimizer = from["optimizer"],
        .reference = from["reference"],
        .regression_outputs = from["regressionOutputs"],
        .regression_stream = from["regressionStream"],
        .recompute = from["recompute"],
        .micro_tokens = from["microTokens"],
        .micro_videos = from["microVideos"]};
}

// One of some names, in the order of an enumeration.
template <class Choice, size_t N>
Choice chosen(const Named& from, const char* const (&names)[N]) {
  const auto name = from.as<std::string>();
  std::string all;
  for (size_t i = 0; i < N; ++i) {
    if (name == names[i]) return static_cast<Choice>(i);
    all += (i > 0 ? ", '" : "'") + std::string(names[i]) + "'";
  }
  fail(Code::E_ARGUMENT, from.name, ": expected one of ", all, ", found '", name, "'");
}

void read(const Named& from, PolicyObjective& to) {
  to = {.surrogate = chosen<Surrogate>(from["surrogate"], {"clip", "cispo", "sapo", "vespo"}),
        .by_sequence = from["bySequence"],
        .clip_low = from["clipLow"],
        .clip_high = from["clipHigh"],
        .cap = from["cap"],
        .bound = from["bound"],
        .temperature_positive = from["temperaturePositive"],
        .temperature_negative = from["temperatureNegative"],
        .k_positive = from["kPositive"],
        .k_negative = from["kNegative"],
        .lambda_positive = from["lambdaPositive"],
        .lambda_negative = from["lambdaNegative"],
        .beta = from["beta"],
        .kl = chosen<KlEstimator>(from["kl"], {"k1", "k2", "k3"}),
        .kl_times_ratio = from["klTimesRatio"],
        .entropy_weight = from["entropyWeight"],
        .off_policy_most = from["offPolicyMost"],
        .top_entropy = from["topEntropy"]};
}

void read(const Named& from, engine::PolicySpec& to) {
  to = {
      .advantages = from["advantages"], .old_log_probs = from["oldLogProbs"], .objective = from["objective"]};
}

void read(const Named& from, engine::LossSpec& to) {
  const auto kind = from["kind"].as<std::string>();
  check(kind == "policy" || kind == "likelihood" || kind == "regression",
        "loss.kind: expected 'policy', 'likelihood' or 'regression'");
  if (kind == "policy") to = from.as<engine::PolicySpec>();
  if (kind == "likelihood") to = engine::LikelihoodSpec{};
  if (kind == "regression") to = engine::RegressionSpec{.targets = from["targets"]};
}

void read(const Named& from, engine::TrainRequest& to) {
  to = {.loss = from["loss"].as<engine::LossSpec>(),
        .groups = from["groups"],
        .weights = from["weights"],
        .temperature = from["temperature"],
        .learning_rate = from["learningRate"],
        .max_grad_norm = from["maxGradNorm"],
        .learning_rates = from["learningRates"]};
}

void read(const Named& from, engine::LossRequest& to) {
  to = {.loss = from["loss"].as<engine::LossSpec>(),
        .weights = from["weights"],
        .offsets = from["offsets"],
        .log_probs = from["logProbs"],
        .entropies = from["entropies"],
        .reference = from["reference"],
        .device = from["device"]};
}

void read(const Named& from, engine::TrainerState& to) {
  to = {.steps = from["steps"],
        .optimizer = from["optimizer"],
        .ranks = from["ranks"],
        .tensors = from["tensors"]};
}

Napi::Value to_js(Napi::Env env, const engine::NiqeResult& result) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("features", to_js(env, result.features));
  out.Set("sharpness", to_js(env, result.sharpness));
  return out;
}

Napi::Value to_js(Napi::Env env, const engine::GenerateResult& result) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("tokens", to_js(env, result.tokens));
  out.Set("offsets", to_js(env, result.offsets));
  out.Set("logProbs", to_js(env, result.log_probs));
  out.Set("stops", to_js(env, result.stops));
  return out;
}

Napi::Value to_js(Napi::Env env, const engine::LogitsResult& result) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("data", to_js(env, result.data));
  out.Set("tokens", static_cast<double>(result.tokens));
  out.Set("vocabulary", static_cast<double>(result.vocabulary));
  return out;
}

Napi::Value to_js(Napi::Env env, const engine::GradientsResult& result) {
  Napi::Object all = Napi::Object::New(env);
  for (const auto& [name, values] : result.gradients) all.Set(name, to_js(env, values));
  Napi::Object out = Napi::Object::New(env);
  out.Set("loss", result.loss);
  out.Set("gradients", all);
  return out;
}

Napi::Object with_metrics(Napi::Env env, const engine::LossMetrics& metrics) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("loss", metrics.loss);
  out.Set("kl", metrics.kl);
  out.Set("klTerm", metrics.kl_term);
  out.Set("entropy", metrics.entropy);
  out.Set("clipFraction", metrics.clip_fraction);
  out.Set("clipLowFraction", metrics.clip_low);
  out.Set("clipHighFraction", metrics.clip_high);
  out.Set("clipLowLeast", metrics.clip_low_least);
  out.Set("clipHighMost", metrics.clip_high_most);
  out.Set("ratio", metrics.ratio);
  out.Set("phi", metrics.phi);
  return out;
}

Napi::Value to_js(Napi::Env env, const engine::LossResult& result) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("metrics", with_metrics(env, result.metrics));
  out.Set("logProbs", to_js(env, result.log_probs));
  out.Set("entropies", to_js(env, result.entropies));
  return out;
}

Napi::Value to_js(Napi::Env env, const engine::TrainResult& result) {
  Napi::Object out = with_metrics(env, result.metrics);
  out.Set("gradNorm", result.grad_norm);
  out.Set("completionTokens", static_cast<double>(result.completion_tokens));
  out.Set("seconds", result.seconds);
  out.Set("predictions", to_js(env, result.predictions));
  return out;
}

}  // namespace vqat::addon
