// JavaScript values ↔ plain structs, every field checked. A wrong one ends in E_ARGUMENT naming the field.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "engine/types.h"

namespace vqat::addon {

// Fields of an object.
double number(const Napi::Object& object, const char* field);
int64_t integer(const Napi::Object& object, const char* field);
bool boolean(const Napi::Object& object, const char* field);
std::string text(const Napi::Object& object, const char* field);
uint64_t big(const Napi::Object& object, const char* field);
Napi::Object object(const Napi::Object& object, const char* field);
Napi::Array array(const Napi::Object& object, const char* field);
std::vector<int32_t> ints(const Napi::Object& object, const char* field);
std::vector<float> floats(const Napi::Object& object, const char* field);
std::vector<double> doubles(const Napi::Object& object, const char* field);

// Arguments of a call, from 0.
Napi::Object object(const Napi::CallbackInfo& call, size_t index);
int64_t integer(const Napi::CallbackInfo& call, size_t index);
std::vector<int32_t> ints(const Napi::CallbackInfo& call, size_t index);
Napi::Uint8Array bytes(const Napi::CallbackInfo& call, size_t index);

// Native memory to typed arrays; copied, since small, and not every runtime may adopt memory.
Napi::Value to_js(Napi::Env env, const std::vector<int32_t>& values);
Napi::Value to_js(Napi::Env env, const std::vector<float>& values);
Napi::Value to_js(Napi::Env env, const std::vector<uint8_t>& values);

// Structs of the wall.
engine::ModelSpec model_spec(const Napi::Object& from);
engine::SaveSpec save_spec(const Napi::Object& from);
std::vector<engine::ParameterSpec> parameter_specs(const Napi::Array& from);
engine::PromptBatch prompt_batch(const Napi::Object& from);
engine::GroupBatch group_batch(const Napi::Object& from);
engine::GenerateRequest generate_request(const Napi::Object& from);
engine::TrainerSpec trainer_spec(const Napi::Object& from);
engine::TrainRequest train_request(const Napi::Object& from);

}  // namespace vqat::addon
