// Mirror of lib/native/binding.ts: the same names in the same order, and nothing else.
#include <array>

#include "addon/calls.h"
#include "addon/frame_jobs.h"
#include "addon/handles.h"
#include "addon/told.h"
#include "engine/engine.h"
#include "engine/job_queue.h"
#include "engine/rest.h"

namespace vqat::addon {
namespace {

constexpr int kAbiVersion = 9;

Napi::Value info(const Napi::CallbackInfo& call);

Napi::Value set_threads(const Napi::CallbackInfo& call) {
  const int64_t threads = argument(call, 0);
  check(threads >= 1 && threads <= 4096, "threads: expected 1 to 4096, found ", threads);
  engine::set_threads(static_cast<int>(threads));
  return call.Env().Undefined();
}

Napi::Value rest(const Napi::CallbackInfo& call) {
  constexpr int kThisCall = 1;
  return Napi::Boolean::New(call.Env(), engine::rest(kThisCall));
}

Napi::Value cancel(const Napi::CallbackInfo& call) {
  cancel_job(call.Env(), argument(call, 0));
  return call.Env().Undefined();
}

Napi::Value progress(const Napi::CallbackInfo& call) {
  return Napi::Number::New(call.Env(), static_cast<double>(job_progress(call.Env(), argument(call, 0))));
}

Napi::Value write_pixels(const Napi::CallbackInfo& call) {
  const Napi::Value nothing = now<engine::write_pixels>(call);
  tell_again(call.Env(), engine::storage_of(held<model::Clip>(call[0])));
  return nothing;
}

Napi::Value tensor_memory(const Napi::CallbackInfo& call) {
  const engine::TensorMemory found = engine::tensor_memory();
  Napi::Object out = Napi::Object::New(call.Env());
  out.Set("bytes", static_cast<double>(found.bytes));
  out.Set("peakBytes", static_cast<double>(found.peak_bytes));
  return out;
}

Napi::Value cuda_build(const Napi::CallbackInfo& call) {
  const engine::CudaBuild found = engine::cuda_build();
  Napi::Object out = Napi::Object::New(call.Env());
  out.Set("torch", found.torch);
  out.Set("kernels", found.kernels);
  out.Set("library", found.library);
  out.Set("refusal", found.refusal);
  return out;
}

Napi::Value close_clip(const Napi::CallbackInfo& call) {
  take<model::Clip>(call[0]);
  return call.Env().Undefined();
}

Napi::Value close_model(const Napi::CallbackInfo& call) {
  // Refuses while a trainer lives, so before the handle lets go.
  engine::close(held<engine::Model>(call[0]));
  take<engine::Model>(call[0]);
  return call.Env().Undefined();
}

Napi::Value close_trainer(const Napi::CallbackInfo& call) {
  if (auto trainer = take<engine::Trainer>(call[0])) engine::close(std::move(trainer));
  return call.Env().Undefined();
}

struct Entry {
  const char* name;
  Napi::Value (*function)(const Napi::CallbackInfo&);
};

constexpr std::array kCalls{
    Entry{"info", info},
    Entry{"setThreads", set_threads},
    Entry{"rest", rest},
    Entry{"cancel", cancel},
    Entry{"progress", progress},
    Entry{"tensorMemory", tensor_memory},
    Entry{"cudaBuild", cuda_build},
    Entry{"resizeFrame", now<engine::resize_frame>},
    Entry{"niqeFeatures", niqe_features},
    Entry{"openClip", now<engine::open_clip>},
    Entry{"writeFrame", write_frame},
    Entry{"writePixels", write_pixels},
    Entry{"perturbClip", now<engine::perturb_clip>},
    Entry{"readClip", now<engine::read_clip>},
    Entry{"closeClip", close_clip},
    Entry{"openModel", job<engine::open_model>},
    Entry{"addAdapters", job<engine::add_adapters>},
    Entry{"mergeAdapters", job<engine::merge_adapters>},
    Entry{"saveModel", job<engine::save_model>},
    Entry{"closeModel", close_model},
    Entry{"generate", job<engine::generate>},
    Entry{"logProbs", job<engine::log_probs>},
    Entry{"logits", job<engine::logits>},
    Entry{"gradients", job<engine::gradients>},
    Entry{"motionFeature", job<engine::motion_feature>},
    Entry{"openTrainer", job<engine::open_trainer>},
    Entry{"calibrateMotion", job<engine::calibrate_motion>},
    Entry{"trainStep", job<engine::train_step>},
    Entry{"lossSlopes", job<engine::loss_slopes>},
    Entry{"saveTrainer", job<engine::save_trainer>},
    Entry{"loadTrainer", job<engine::load_trainer>},
    Entry{"closeTrainer", close_trainer},
};

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const engine::EngineInfo found = engine::info();
  Napi::Array names = Napi::Array::New(env);
  for (const Entry& entry : kCalls) names.Set(names.Length(), entry.name);
  Napi::Object out = Napi::Object::New(env);
  out.Set("abiVersion", kAbiVersion);
  out.Set("calls", names);
  out.Set("torchVersion", VQAT_TORCH_VERSION);
  out.Set("cuda", found.cuda);
  out.Set("threads", found.threads);
  out.Set("kernels", found.kernels);
  out.Set("vectors", found.vectors);
  out.Set("liveClips", static_cast<double>(found.live_clips));
  out.Set("liveModels", static_cast<double>(found.live_models));
  out.Set("liveTrainers", static_cast<double>(found.live_trainers));
  out.Set("outsideBytes", static_cast<double>(told_bytes(env)));
  return out;
}

// Failures of the call become JavaScript's.
Napi::Value guarded(const Entry& entry, const Napi::CallbackInfo& call) {
  try {
    const engine::Inside inside;
    return entry.function(call);
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw to_js_error(call.Env(), error);
  }
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  engine::note_thread();
  for (const Entry& entry : kCalls)
    exports.Set(
        entry.name,
        Napi::Function::New(
            env, [&entry](const Napi::CallbackInfo& call) { return guarded(entry, call); }, entry.name));
  return exports;
}

}  // namespace
}  // namespace vqat::addon

static Napi::Object vqat_initialize(Napi::Env env, Napi::Object exports) {
  return vqat::addon::initialize(env, exports);
}

NODE_API_MODULE(vqathinker, vqat_initialize)
