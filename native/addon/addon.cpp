// Mirror of lib/native/binding.ts: the same names in the same order, and nothing else.
#include <array>

#include "addon/calls.h"
#include "addon/job.h"
#include "addon/values.h"
#include "base/error.h"
#include "engine/engine.h"
#include "engine/job_queue.h"

namespace vqat::addon {
namespace {

constexpr int kAbiVersion = 3;

Napi::Value info(const Napi::CallbackInfo& call);
Napi::Value set_threads(const Napi::CallbackInfo& call);
Napi::Value cancel(const Napi::CallbackInfo& call);
Napi::Value progress(const Napi::CallbackInfo& call);

struct Entry {
  const char* name;
  Call function;
};

constexpr std::array kCalls{
    Entry{"info", info},
    Entry{"setThreads", set_threads},
    Entry{"cancel", cancel},
    Entry{"progress", progress},
    Entry{"resizeFrame", resize_frame},
    Entry{"openClip", open_clip},
    Entry{"writeFrame", write_frame},
    Entry{"writePixels", write_pixels},
    Entry{"perturbClip", perturb_clip},
    Entry{"readClip", read_clip},
    Entry{"closeClip", close_clip},
    Entry{"openModel", open_model},
    Entry{"saveModel", save_model},
    Entry{"closeModel", close_model},
    Entry{"generate", generate},
    Entry{"logProbs", log_probs},
    Entry{"logits", logits},
    Entry{"gradients", gradients},
    Entry{"motionFeature", motion_feature},
    Entry{"openTrainer", open_trainer},
    Entry{"calibrateMotion", calibrate_motion},
    Entry{"trainStep", train_step},
    Entry{"saveTrainer", save_trainer},
    Entry{"loadTrainer", load_trainer},
    Entry{"closeTrainer", close_trainer},
};

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const engine::EngineInfo found = guarded(env, [] { return engine::info(); });
  Napi::Array names = Napi::Array::New(env);
  for (const Entry& entry : kCalls) names.Set(names.Length(), entry.name);
  Napi::Object out = Napi::Object::New(env);
  out.Set("abiVersion", kAbiVersion);
  out.Set("calls", names);
  out.Set("torchVersion", VQAT_TORCH_VERSION);
  out.Set("cuda", found.cuda);
  out.Set("threads", found.threads);
  out.Set("kernels", found.kernels);
  out.Set("liveClips", static_cast<double>(found.live_clips));
  out.Set("liveModels", static_cast<double>(found.live_models));
  out.Set("liveTrainers", static_cast<double>(found.live_trainers));
  return out;
}

Napi::Value set_threads(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const int64_t threads = integer(call, 0);
    check(threads >= 1 && threads <= 4096, "threads: expected 1 to 4096, found ", threads);
    engine::JobQueue::instance().set_threads(static_cast<int>(threads));
    return call.Env().Undefined();
  });
}

Napi::Value cancel(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    cancel_job(call.Env(), integer(call, 0));
    return call.Env().Undefined();
  });
}

Napi::Value progress(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    return Napi::Number::New(call.Env(), static_cast<double>(job_progress(call.Env(), integer(call, 0))));
  });
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  for (const Entry& entry : kCalls)
    exports.Set(entry.name, Napi::Function::New(env, entry.function, entry.name));
  return exports;
}

}  // namespace
}  // namespace vqat::addon

static Napi::Object vqat_initialize(Napi::Env env, Napi::Object exports) {
  return vqat::addon::initialize(env, exports);
}

NODE_API_MODULE(vqathinker, vqat_initialize)
