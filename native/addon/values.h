// JavaScript values ↔ plain structs, every field checked. A wrong one ends in E_ARGUMENT naming the field.
#pragma once

#include <napi.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "addon/handles.h"
#include "base/error.h"
#include "engine/types.h"

namespace vqat::addon {

// A value and the name that errors call it by. Becomes whatever it initialises, by the `read` of that type.
struct Named {
  Napi::Value value;
  const char* name;

  void expect(bool fits, const char* what) const { check(fits, name, ": expected ", what); }
  Napi::Object object() const;
  // A field of an object.
  Named operator[](const char* field) const { return {object().Get(field), field}; }

  template <class T>
  T as() const {
    T to{};
    read(*this, to);
    return to;
  }
  template <class T>
  operator T() const {
    return as<T>();
  }
};

void read(const Named& from, double& to);
void read(const Named& from, int64_t& to);
void read(const Named& from, bool& to);
void read(const Named& from, std::string& to);
void read(const Named& from, uint64_t& to);

// Typed arrays, by their elements.
struct ArrayKind {
  napi_typedarray_type type;
  const char* name;
};
template <class T>
constexpr ArrayKind kTyped{};
template <>
constexpr ArrayKind kTyped<uint8_t>{napi_uint8_array, "a Uint8Array"};
template <>
constexpr ArrayKind kTyped<int32_t>{napi_int32_array, "an Int32Array"};
template <>
constexpr ArrayKind kTyped<float>{napi_float32_array, "a Float32Array"};
template <>
constexpr ArrayKind kTyped<double>{napi_float64_array, "a Float64Array"};
template <>
constexpr ArrayKind kTyped<uint64_t>{napi_biguint64_array, "a BigUint64Array"};

// The caller's memory in place.
template <class T>
void read(const Named& from, std::span<const T>& to) {
  const Napi::Value& value = from.value;
  const bool fits = value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == kTyped<T>.type;
  from.expect(fits, kTyped<T>.name);
  const auto array = value.As<Napi::TypedArrayOf<T>>();
  to = {array.Data(), array.ElementLength()};
}

// A copy of a typed array; of other elements an array, each of which goes by the array's name.
template <class T>
void read(const Named& from, std::vector<T>& to) {
  if constexpr (kTyped<T>.name != nullptr) {
    const auto found = from.as<std::span<const T>>();
    to.assign(found.begin(), found.end());
  } else {
    from.expect(from.value.IsArray(), "an array");
    const auto array = from.value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); ++i) to.push_back(Named{array.Get(i), from.name}.as<T>());
  }
}

// What a handle holds.
template <class T>
void read(const Named& from, std::shared_ptr<T>& to) {
  to = held<T>(from.value);
}

// Structs of the wall.
void read(const Named& from, engine::ClipSpec& to);
void read(const Named& from, engine::ModelSpec& to);
void read(const Named& from, engine::AdapterSpec& to);
void read(const Named& from, engine::SaveSpec& to);
void read(const Named& from, engine::PromptBatch& to);
void read(const Named& from, engine::GenerateRequest& to);
void read(const Named& from, engine::LogProbsRequest& to);
void read(const Named& from, engine::GradientsRequest& to);
void read(const Named& from, engine::TrainerSpec& to);
void read(const Named& from, engine::TrainRequest& to);
void read(const Named& from, engine::TrainerState& to);
void read(const Named& from, engine::LossRequest& to);

// Native memory to typed arrays; copied, since small, and not every runtime may adopt memory.
template <class T>
Napi::Value to_js(Napi::Env env, const std::vector<T>& values) {
  auto out = Napi::TypedArrayOf<T>::New(env, values.size());
  std::ranges::copy(values, out.Data());
  return out;
}

// Results of the wall; of objects new handles.
template <class T>
Napi::Value to_js(Napi::Env env, const std::shared_ptr<T>& owned) {
  return make_handle(env, owned);
}
Napi::Value to_js(Napi::Env env, const engine::NiqeResult& result);
Napi::Value to_js(Napi::Env env, const engine::GenerateResult& result);
Napi::Value to_js(Napi::Env env, const engine::LogitsResult& result);
Napi::Value to_js(Napi::Env env, const engine::GradientsResult& result);
Napi::Value to_js(Napi::Env env, const engine::TrainResult& result);
Napi::Value to_js(Napi::Env env, const engine::LossResult& result);

}  // namespace vqat::addon
