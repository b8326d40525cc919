// The wall, native side: what this addon registers, in the order of lib/native/binding.ts.
#include <napi.h>

#include <thread>

#include "kernels/impl.h"

namespace {

constexpr const char* kCalls[] = {
    "info",        "setThreads",      "cancel",    "resizeFrame", "openClip",    "writeFrame",
    "writePixels", "perturbClip",     "readClip",  "closeClip",   "openModel",   "saveModel",
    "closeModel",  "generate",        "logProbs",  "logits",      "gradients",   "motionFeature",
    "openTrainer", "calibrateMotion", "trainStep", "saveTrainer", "loadTrainer", "closeTrainer"};

Napi::Value info(const Napi::CallbackInfo& call) {
  Napi::Env env = call.Env();
  Napi::Object result = Napi::Object::New(env);
  Napi::Array calls = Napi::Array::New(env);
  for (const char* name : kCalls) calls.Set(calls.Length(), name);
  result.Set("abiVersion", 1);
  result.Set("calls", calls);
  result.Set("torchVersion", VQAT_TORCH_VERSION);
  result.Set("cuda", false);
  result.Set("threads", std::thread::hardware_concurrency());
  result.Set("kernels", vqat::kernels::use_reference() ? "reference" : "fast");
  result.Set("liveClips", 0);
  result.Set("liveModels", 0);
  result.Set("liveTrainers", 0);
  return result;
}

Napi::Value refuse(const Napi::CallbackInfo& call) {
  throw Napi::Error::New(call.Env(), "only info() is in this build");
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  for (const char* name : kCalls) exports.Set(name, Napi::Function::New(env, refuse, name));
  exports.Set("info", Napi::Function::New(env, info, "info"));
  return exports;
}

}  // namespace

NODE_API_MODULE(vqathinker, initialize)
