// The stand-in as a library for Node: opening it gives this process's libtorch a `cuda` device, before the
// addon is opened. Its calls read the counts and set the device's memory; two of them do wrong on purpose.
#include <ATen/ATen.h>
#include <napi.h>

#include <string>

#include "allocator.h"
#include "counts.h"
#include "emulation/breakage.h"
#include "emulation/device_memory.h"

namespace vqat::stand_in {
namespace {

// counts(): what happened since reset(). `wrong` counts accesses of the host to closed memory too.
Napi::Value counts(const Napi::CallbackInfo& info) {
  const Counts all = counted();
  const Napi::Object out = Napi::Object::New(info.Env()), names = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, auto value) { out.Set(name, static_cast<double>(value)); };
  set("operators", all.operators);
  set("launches", emulation::launches());
  set("toDevice", all.to_device);
  set("toHost", all.to_host);
  set("items", all.items);
  set("wrong", all.wrong + static_cast<int64_t>(emulation::host_accesses()));
  for (const auto& [name, count] : all.by_name) names.Set(name, static_cast<double>(count));
  for (const auto& [name, count] : emulation::launches_by_name())
    names.Set("kernel " + name, static_cast<double>(count));
  const Napi::Array streams = Napi::Array::New(info.Env());
  for (const void* stream : emulation::launch_streams())
    streams.Set(streams.Length(), static_cast<double>(reinterpret_cast<uintptr_t>(stream)));
  out.Set("streams", streams);
  out.Set("names", names);
  return out;
}

// reset(): all counts but those of wrong accesses to closed memory, which are since the start.
void reset(const Napi::CallbackInfo&) {
  forget();
  emulation::reset_launches();
  emulation::reset_peak();
}

// memory(): bytes that are allocated, the most since reset(), and the limit (0 for none).
Napi::Value memory(const Napi::CallbackInfo& info) {
  const auto use = emulation::memory_use();
  const Napi::Object out = Napi::Object::New(info.Env());
  out.Set("bytes", static_cast<double>(use.bytes));
  out.Set("peakBytes", static_cast<double>(use.peak));
  out.Set("limit", static_cast<double>(use.limit));
  return out;
}

// setLimit(bytes): 0 for none.
void set_limit(const Napi::CallbackInfo& info) {
  emulation::set_memory_limit(static_cast<size_t>(info[0].ToNumber().Int64Value()));
}

// breakIn(kernel, n): the n-th launch from now on of this kernel goes wrong, from 1.
void break_in(const Napi::CallbackInfo& info) {
  emulation::break_in(info[0].ToString().Utf8Value(), static_cast<uint64_t>(info[1].ToNumber().Int64Value()));
}

// mend(): all launches from now on go well.
void mend(const Napi::CallbackInfo&) { emulation::mend(); }

// damage(): text of the first allocation whose surroundings were written to, or "".
Napi::Value damage(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), emulation::damaged_guards());
}

// touch(): host code reads a tensor on the device through its address.
Napi::Value touch(const Napi::CallbackInfo& info) {
  const at::Tensor t = at::ones({3}, at::dtype(at::kFloat).device(at::kCUDA));
  const volatile float* values = t.const_data_ptr<float>();
  return Napi::Number::New(info.Env(), values[1]);
}

// mix(): an operator on the device is given indices of the host. The message of its refusal.
Napi::Value mix(const Napi::CallbackInfo& info) {
  const at::Tensor device = at::ones({3}, at::dtype(at::kFloat).device(at::kCUDA));
  try {
    device.index_select(0, at::zeros({1}, at::kLong));
  } catch (const c10::Error& error) {
    return Napi::String::New(info.Env(), error.what_without_backtrace());
  }
  return info.Env().Null();
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  static const bool there = [] {
    appear();
    return true;
  }();
  static_cast<void>(there);
  exports.Set("stream", static_cast<double>(kStream));
  exports.Set("counts", Napi::Function::New(env, counts));
  exports.Set("reset", Napi::Function::New(env, reset));
  exports.Set("memory", Napi::Function::New(env, memory));
  exports.Set("setLimit", Napi::Function::New(env, set_limit));
  exports.Set("breakIn", Napi::Function::New(env, break_in));
  exports.Set("mend", Napi::Function::New(env, mend));
  exports.Set("damage", Napi::Function::New(env, damage));
  exports.Set("touch", Napi::Function::New(env, touch));
  exports.Set("mix", Napi::Function::New(env, mix));
  return exports;
}

}  // namespace
}  // namespace vqat::stand_in

static Napi::Object start(Napi::Env env, Napi::Object exports) {
  return vqat::stand_in::initialize(env, exports);
}
NODE_API_MODULE(stand_in, start)
