// Calls on trainers: read, run on the engine's thread, write.
#include "addon/calls.h"
#include "addon/handles.h"
#include "addon/job.h"
#include "addon/values.h"
#include "base/error.h"
#include "engine/engine.h"

namespace vqat::addon {
namespace {

Write nothing() {
  return [](Napi::Env env) { return env.Undefined(); };
}

}  // namespace

Napi::Value open_trainer(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    return start_job(call.Env(), object(call, 2),
                     [model = held<engine::Model>(call[0]),
                      spec = trainer_spec(object(call, 1))](const CancelToken& cancel) -> Write {
                       return [trainer = engine::open_trainer(model, spec, cancel)](Napi::Env env) {
                         return make_handle(env, trainer);
                       };
                     });
  });
}

Napi::Value train_step(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const auto work = [trainer = held<engine::Trainer>(call[0]),
                       request = train_request(object(call, 1))](const CancelToken& cancel) -> Write {
      return [r = engine::train_step(trainer, request, cancel)](Napi::Env env) -> Napi::Value {
        Napi::Object out = Napi::Object::New(env);
        out.Set("loss", r.loss);
        out.Set("kl", r.kl);
        out.Set("clipFraction", r.clip_fraction);
        out.Set("ratio", r.ratio);
        out.Set("gradNorm", r.grad_norm);
        out.Set("completionTokens", static_cast<double>(r.completion_tokens));
        out.Set("seconds", r.seconds);
        out.Set("predictions", to_js(env, r.predictions));
        return out;
      };
    };
    return start_job(call.Env(), object(call, 2), work);
  });
}

Napi::Value save_trainer(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    check(call[1].IsString(), "path: expected a string");
    return start_job(call.Env(), object(call, 2),
                     [trainer = held<engine::Trainer>(call[0]),
                      path = call[1].As<Napi::String>().Utf8Value()](const CancelToken& cancel) {
                       engine::save_trainer(trainer, path, cancel);
                       return nothing();
                     });
  });
}

Napi::Value load_trainer(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const Napi::Object from = object(call, 1);
    const engine::TrainerState state{.steps = integer(from, "steps"),
                                     .optimizer = text(from, "optimizer"),
                                     .ranks = integer(from, "ranks"),
                                     .tensors = parameter_specs(array(from, "tensors"))};
    return start_job(call.Env(), object(call, 2),
                     [trainer = held<engine::Trainer>(call[0]), state](const CancelToken& cancel) {
                       engine::load_trainer(trainer, state, cancel);
                       return nothing();
                     });
  });
}

Napi::Value close_trainer(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    if (auto trainer = take<engine::Trainer>(call[0])) engine::close(std::move(trainer));
    return call.Env().Undefined();
  });
}

}  // namespace vqat::addon
