#include "addon/values.h"

#include <cmath>
#include <cstring>

#include "addon/handles.h"
#include "base/error.h"

namespace vqat::addon {
namespace {

Napi::Value field_of(const Napi::Object& object, const char* field) { return object.Get(field); }

[[noreturn]] void wrong(const char* field, const char* expected) {
  fail(Code::E_ARGUMENT, field, ": expected ", expected);
}

int64_t integer_of(const Napi::Value& value, const char* field) {
  if (!value.IsNumber()) wrong(field, "an integer");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (number != std::floor(number) || std::abs(number) > 9007199254740991.0) wrong(field, "an integer");
  return static_cast<int64_t>(number);
}

template <class T>
std::vector<T> typed(const Napi::Value& value, napi_typedarray_type type, const char* field,
                     const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) wrong(field, name);
  const auto array = value.As<Napi::TypedArrayOf<T>>();
  return {array.Data(), array.Data() + array.ElementLength()};
}

std::vector<int64_t> shape_of(const Napi::Array& from) {
  std::vector<int64_t> shape;
  for (uint32_t i = 0; i < from.Length(); ++i) shape.push_back(integer_of(from.Get(i), "shape"));
  return shape;
}

template <class T>
Napi::Value typed_copy(Napi::Env env, const std::vector<T>& values) {
  auto out = Napi::TypedArrayOf<T>::New(env, values.size());
  if (!values.empty()) std::memcpy(out.Data(), values.data(), values.size() * sizeof(T));
  return out;
}

}  // namespace

double number(const Napi::Object& object, const char* field) {
  const Napi::Value value = field_of(object, field);
  if (!value.IsNumber()) wrong(field, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

int64_t integer(const Napi::Object& object, const char* field) {
  return integer_of(field_of(object, field), field);
}

bool boolean(const Napi::Object& object, const char* field) {
  const Napi::Value value = field_of(object, field);
  if (!value.IsBoolean()) wrong(field, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

std::string text(const Napi::Object& object, const char* field) {
  const Napi::Value value = field_of(object, field);
  if (!value.IsString()) wrong(field, "a string");
  return value.As<Napi::String>().Utf8Value();
}

uint64_t big(const Napi::Object& object, const char* field) {
  const Napi::Value value = field_of(object, field);
  if (!value.IsBigInt()) wrong(field, "a bigint");
  bool lossless = false;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

Napi::Object object(const Napi::Object& object, const char* field) {
  const Napi::Value value = field_of(object, field);
  if (!value.IsObject()) wrong(field, "an object");
  return value.As<Napi::Object>();
}

Napi::Array array(const Napi::Object& object, const char* field) {
  const Napi::Value value = field_of(object, field);
  if (!value.IsArray()) wrong(field, "an array");
  return value.As<Napi::Array>();
}

std::vector<int32_t> ints(const Napi::Object& object, const char* field) {
  return typed<int32_t>(field_of(object, field), napi_int32_array, field, "an Int32Array");
}

std::vector<float> floats(const Napi::Object& object, const char* field) {
  return typed<float>(field_of(object, field), napi_float32_array, field, "a Float32Array");
}

std::vector<double> doubles(const Napi::Object& object, const char* field) {
  return typed<double>(field_of(object, field), napi_float64_array, field, "a Float64Array");
}

Napi::Object object(const Napi::CallbackInfo& call, size_t index) {
  if (!call[index].IsObject()) wrong("argument", "an object");
  return call[index].As<Napi::Object>();
}

int64_t integer(const Napi::CallbackInfo& call, size_t index) { return integer_of(call[index], "argument"); }

std::vector<int32_t> ints(const Napi::CallbackInfo& call, size_t index) {
  return typed<int32_t>(call[index], napi_int32_array, "argument", "an Int32Array");
}

Napi::Uint8Array bytes(const Napi::CallbackInfo& call, size_t index) {
  const Napi::Value value = call[index];
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    wrong("rgb", "a Uint8Array");
  return value.As<Napi::Uint8Array>();
}

Napi::Value to_js(Napi::Env env, const std::vector<int32_t>& values) { return typed_copy(env, values); }
Napi::Value to_js(Napi::Env env, const std::vector<float>& values) { return typed_copy(env, values); }
Napi::Value to_js(Napi::Env env, const std::vector<uint8_t>& values) { return typed_copy(env, values); }

std::vector<engine::ParameterSpec> parameter_specs(const Napi::Array& from) {
  std::vector<engine::ParameterSpec> out;
  for (uint32_t i = 0; i < from.Length(); ++i) {
    const auto one = from.Get(i).As<Napi::Object>();
    engine::ParameterSpec parameter{
        .name = text(one, "name"), .shape = shape_of(array(one, "shape")), .sources = {}, .start = {}};
    if (one.Has("start")) {
      const Napi::Object start = object(one, "start");
      parameter.start = {
          .stream = big(start, "stream"), .low = number(start, "low"), .high = number(start, "high")};
    }
    const Napi::Array sources = array(one, "sources");
    for (uint32_t j = 0; j < sources.Length(); ++j) {
      const auto source = sources.Get(j).As<Napi::Object>();
      parameter.sources.push_back({.file = text(source, "file"),
                                   .begin = integer(source, "begin"),
                                   .end = integer(source, "end"),
                                   .dtype = text(source, "dtype")});
    }
    out.push_back(std::move(parameter));
  }
  return out;
}

engine::ModelSpec model_spec(const Napi::Object& from) {
  const Napi::Object geometry = object(from, "geometry");
  const Napi::Object v = object(geometry, "vision"), l = object(geometry, "language");
  return {.geometry = {.vision = {.hidden = integer(v, "hidden"),
                                  .layers = integer(v, "layers"),
                                  .heads = integer(v, "heads"),
                                  .intermediate = integer(v, "intermediate"),
                                  .patch = integer(v, "patch"),
                                  .image_size = integer(v, "imageSize"),
                                  .rms = text(v, "norm") == "rms",
                                  .norm_eps = number(v, "normEps"),
                                  .qk_norm = boolean(v, "qkNorm")},
                       .language = {.hidden = integer(l, "hidden"),
                                    .layers = integer(l, "layers"),
                                    .heads = integer(l, "heads"),
                                    .kv_heads = integer(l, "kvHeads"),
                                    .head_width = integer(l, "headDim"),
                                    .intermediate = integer(l, "intermediate"),
                                    .vocabulary = integer(l, "vocabulary"),
                                    .norm_eps = number(l, "normEps"),
                                    .rope_theta = number(l, "ropeTheta"),
                                    .rope_factor = number(l, "ropeFactor"),
                                    .max_positions = integer(l, "maxPositions")},
                       .image_token = integer(geometry, "imageToken")},
          .parameters = parameter_specs(array(from, "parameters")),
          .device = text(from, "device"),
          .dtype = text(from, "dtype")};
}

engine::SaveSpec save_spec(const Napi::Object& from) {
  engine::SaveSpec out{.path = text(from, "path"), .dtype = text(from, "dtype"), .tensors = {}};
  const Napi::Array tensors = array(from, "tensors");
  for (uint32_t i = 0; i < tensors.Length(); ++i) {
    const auto one = tensors.Get(i).As<Napi::Object>();
    out.tensors.push_back({.name = text(one, "name"),
                           .shape = shape_of(array(one, "shape")),
                           .parameter = text(one, "parameter"),
                           .row_begin = integer(one, "rowBegin"),
                           .row_end = integer(one, "rowEnd")});
  }
  return out;
}

engine::PromptBatch prompt_batch(const Napi::Object& from) {
  engine::PromptBatch out{.tokens = ints(from, "tokens"), .offsets = ints(from, "offsets"), .clips = {}};
  const Napi::Array clips = array(from, "clips");
  for (uint32_t i = 0; i < clips.Length(); ++i) {
    const Napi::Value clip = clips.Get(i);
    out.clips.push_back(clip.IsNull() ? nullptr : held<model::Clip>(clip));
  }
  return out;
}

engine::GroupBatch group_batch(const Napi::Object& from) {
  return {.prompts = prompt_batch(object(from, "prompts")),
          .samples = ints(from, "samples"),
          .tokens = ints(from, "tokens"),
          .offsets = ints(from, "offsets")};
}

engine::GenerateRequest generate_request(const Napi::Object& from) {
  const Napi::Value streams = from.Get("streams");
  if (!streams.IsTypedArray() || streams.As<Napi::TypedArray>().TypedArrayType() != napi_biguint64_array)
    wrong("streams", "a BigUint64Array");
  const auto names = streams.As<Napi::BigUint64Array>();
  return {.prompts = prompt_batch(object(from, "prompts")),
          .streams = {names.Data(), names.Data() + names.ElementLength()},
          .samples = ints(from, "samples"),
          .max_new_tokens = integer(from, "maxNewTokens"),
          .temperature = number(from, "temperature"),
          .top_k = integer(from, "topK"),
          .top_p = number(from, "topP"),
          .end_tokens = ints(from, "endTokens"),
          .suppress = ints(from, "suppress")};
}

engine::TrainerSpec trainer_spec(const Napi::Object& from) {
  const Napi::Object optimizer = object(from, "optimizer");
  if (text(optimizer, "kind") != "adamw") wrong("optimizer.kind", "'adamw'");
  engine::TrainerSpec out{.trainable = {},
                          .optimizer = {.beta1 = number(optimizer, "beta1"),
                                        .beta2 = number(optimizer, "beta2"),
                                        .epsilon = number(optimizer, "epsilon"),
                                        .weight_decay = number(optimizer, "weightDecay")},
                          .reference = boolean(from, "reference"),
                          .regression_outputs = integer(from, "regressionOutputs"),
                          .regression_stream = big(from, "regressionStream"),
                          .recompute = boolean(from, "recompute"),
                          .micro_tokens = integer(from, "microTokens")};
  const Napi::Array parts = array(from, "trainable");
  for (uint32_t i = 0; i < parts.Length(); ++i) out.trainable.push_back(parts.Get(i).ToString());
  return out;
}

namespace {

engine::LossSpec loss_spec(const Napi::Object& from) {
  const std::string kind = text(from, "kind");
  if (kind == "likelihood") return engine::LikelihoodSpec{};
  if (kind == "regression") return engine::RegressionSpec{.targets = floats(from, "targets")};
  if (kind != "policy") wrong("loss.kind", "'policy', 'likelihood' or 'regression'");
  const Napi::Object surrogate = object(from, "surrogate");
  if (text(surrogate, "kind") != "tokenClip") wrong("loss.surrogate.kind", "'tokenClip'");
  return engine::PolicySpec{.advantages = floats(from, "advantages"),
                            .old_log_probs = floats(from, "oldLogProbs"),
                            .clip_low = number(surrogate, "low"),
                            .clip_high = number(surrogate, "high"),
                            .beta = number(from, "beta")};
}

}  // namespace

engine::TrainRequest train_request(const Napi::Object& from) {
  return {.loss = loss_spec(object(from, "loss")),
          .groups = group_batch(object(from, "groups")),
          .weights = doubles(from, "weights"),
          .temperature = number(from, "temperature"),
          .learning_rate = number(from, "learningRate"),
          .max_grad_norm = number(from, "maxGradNorm")};
}

}  // namespace vqat::addon
