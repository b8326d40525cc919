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
    engine::ParameterSpec parameter{text(one, "name"), shape_of(array(one, "shape")), {}, {}};
    if (one.Has("start")) {
      const Napi::Object start = object(one, "start");
      parameter.start = {big(start, "stream"), number(start, "low"), number(start, "high")};
    }
    const Napi::Array sources = array(one, "sources");
    for (uint32_t j = 0; j < sources.Length(); ++j) {
      const auto source = sources.Get(j).As<Napi::Object>();
      parameter.sources.push_back(
          {text(source, "file"), integer(source, "begin"), integer(source, "end"), text(source, "dtype")});
    }
    out.push_back(std::move(parameter));
  }
  return out;
}

engine::ModelSpec model_spec(const Napi::Object& from) {
  const Napi::Object geometry = object(from, "geometry");
  const Napi::Object v = object(geometry, "vision"), l = object(geometry, "language");
  return {{integer(v, "hidden"), integer(v, "layers"), integer(v, "heads"), integer(v, "intermediate"),
           integer(v, "patch"), integer(v, "imageSize"), text(v, "norm"), number(v, "normEps"),
           boolean(v, "qkNorm")},
          {integer(l, "hidden"), integer(l, "layers"), integer(l, "heads"), integer(l, "kvHeads"),
           integer(l, "headDim"), integer(l, "intermediate"), integer(l, "vocabulary"), number(l, "normEps"),
           number(l, "ropeTheta"), number(l, "ropeFactor"), integer(l, "maxPositions")},
          integer(geometry, "imageToken"),
          parameter_specs(array(from, "parameters")),
          text(from, "device"),
          text(from, "dtype")};
}

engine::SaveSpec save_spec(const Napi::Object& from) {
  engine::SaveSpec out{text(from, "path"), text(from, "dtype"), {}};
  const Napi::Array tensors = array(from, "tensors");
  for (uint32_t i = 0; i < tensors.Length(); ++i) {
    const auto one = tensors.Get(i).As<Napi::Object>();
    out.tensors.push_back({text(one, "name"), shape_of(array(one, "shape")), text(one, "parameter"),
                           integer(one, "rowBegin"), integer(one, "rowEnd")});
  }
  return out;
}

engine::PromptBatch prompt_batch(const Napi::Object& from) {
  engine::PromptBatch out{ints(from, "tokens"), ints(from, "offsets"), {}};
  const Napi::Array clips = array(from, "clips");
  for (uint32_t i = 0; i < clips.Length(); ++i) {
    const Napi::Value clip = clips.Get(i);
    out.clips.push_back(clip.IsNull() ? nullptr : held<model::Clip>(clip));
  }
  return out;
}

engine::GroupBatch group_batch(const Napi::Object& from) {
  return {prompt_batch(object(from, "prompts")), ints(from, "samples"), ints(from, "tokens"),
          ints(from, "offsets")};
}

engine::GenerateRequest generate_request(const Napi::Object& from) {
  const Napi::Value streams = from.Get("streams");
  if (!streams.IsTypedArray() || streams.As<Napi::TypedArray>().TypedArrayType() != napi_biguint64_array)
    wrong("streams", "a BigUint64Array");
  const auto names = streams.As<Napi::BigUint64Array>();
  return {prompt_batch(object(from, "prompts")),
          {names.Data(), names.Data() + names.ElementLength()},
          ints(from, "samples"),
          integer(from, "maxNewTokens"),
          number(from, "temperature"),
          integer(from, "topK"),
          number(from, "topP"),
          ints(from, "endTokens"),
          ints(from, "suppress")};
}

engine::TrainerSpec trainer_spec(const Napi::Object& from) {
  engine::TrainerSpec out{{},
                          number(from, "beta1"),
                          number(from, "beta2"),
                          number(from, "epsilon"),
                          number(from, "weightDecay"),
                          boolean(from, "reference"),
                          integer(from, "regressionOutputs"),
                          big(from, "regressionStream"),
                          boolean(from, "recompute"),
                          integer(from, "microTokens")};
  const Napi::Array parts = array(from, "trainable");
  for (uint32_t i = 0; i < parts.Length(); ++i) out.trainable.push_back(parts.Get(i).ToString());
  return out;
}

engine::TrainRequest train_request(const Napi::Object& from) {
  return {text(from, "loss"),          group_batch(object(from, "groups")),
          floats(from, "advantages"),  floats(from, "oldLogProbs"),
          floats(from, "weights"),     floats(from, "targets"),
          number(from, "temperature"), number(from, "learningRate"),
          number(from, "beta"),        number(from, "clipLow"),
          number(from, "clipHigh"),    number(from, "maxGradNorm")};
}

}  // namespace vqat::addon
