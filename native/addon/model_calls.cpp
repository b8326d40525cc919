// Calls on models: read, run on the engine's thread, write.
#include "addon/calls.h"
#include "addon/handles.h"
#include "addon/job.h"
#include "addon/values.h"
#include "base/error.h"
#include "engine/engine.h"

namespace vqat::addon {
namespace {

template <class T>
Write value(T result) {
  auto kept = std::make_shared<T>(std::move(result));
  return [kept](Napi::Env env) { return to_js(env, *kept); };
}

std::vector<engine::ClipRef> clips_of(const Napi::Value& from) {
  check(from.IsArray(), "clips: expected an array");
  const auto handles = from.As<Napi::Array>();
  std::vector<engine::ClipRef> clips;
  for (uint32_t i = 0; i < handles.Length(); ++i) clips.push_back(held<model::Clip>(handles.Get(i)));
  return clips;
}

}  // namespace

Napi::Value open_model(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    return start_job(call.Env(), object(call, 1),
                     [spec = model_spec(object(call, 0))](const CancelToken& cancel) -> Write {
                       return [model = engine::open_model(spec, cancel)](Napi::Env env) {
                         return make_handle(env, model);
                       };
                     });
  });
}

Napi::Value save_model(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    return start_job(call.Env(), object(call, 2),
                     [model = held<engine::Model>(call[0]),
                      spec = save_spec(object(call, 1))](const CancelToken& cancel) -> Write {
                       engine::save_model(model, spec, cancel);
                       return [](Napi::Env env) { return env.Undefined(); };
                     });
  });
}

Napi::Value close_model(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    engine::close(
        held<engine::Model>(call[0]));  // refuses while a trainer lives, so before the handle lets go
    take<engine::Model>(call[0]);
    return call.Env().Undefined();
  });
}

Napi::Value generate(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const auto work = [model = held<engine::Model>(call[0]),
                       request = generate_request(object(call, 1))](const CancelToken& cancel) -> Write {
      auto result = std::make_shared<engine::GenerateResult>(engine::generate(model, request, cancel));
      return [result](Napi::Env env) -> Napi::Value {
        Napi::Object out = Napi::Object::New(env);
        out.Set("tokens", to_js(env, result->tokens));
        out.Set("offsets", to_js(env, result->offsets));
        out.Set("logProbs", to_js(env, result->log_probs));
        out.Set("stops", to_js(env, result->stops));
        return out;
      };
    };
    return start_job(call.Env(), object(call, 2), work);
  });
}

Napi::Value log_probs(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const Napi::Object from = object(call, 1);
    const engine::LogProbsRequest request{.groups = group_batch(object(from, "groups")),
                                          .temperature = number(from, "temperature")};
    return start_job(call.Env(), object(call, 2),
                     [model = held<engine::Model>(call[0]), request](const CancelToken& cancel) {
                       return value(engine::log_probs(model, request, cancel));
                     });
  });
}

Napi::Value logits(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const auto work = [model = held<engine::Model>(call[0]),
                       prompts = prompt_batch(object(call, 1))](const CancelToken& cancel) -> Write {
      auto result = std::make_shared<engine::LogitsResult>(engine::logits(model, prompts, cancel));
      return [result](Napi::Env env) -> Napi::Value {
        Napi::Object out = Napi::Object::New(env);
        out.Set("data", to_js(env, result->data));
        out.Set("tokens", static_cast<double>(result->tokens));
        out.Set("vocabulary", static_cast<double>(result->vocabulary));
        return out;
      };
    };
    return start_job(call.Env(), object(call, 2), work);
  });
}

Napi::Value gradients(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const Napi::Object from = object(call, 1);
    const engine::GradientsRequest request{.prompts = prompt_batch(object(from, "prompts")),
                                           .targets = ints(from, "targets")};
    const auto work = [model = held<engine::Model>(call[0]), request](const CancelToken& cancel) -> Write {
      auto result = std::make_shared<engine::GradientsResult>(engine::gradients(model, request, cancel));
      return [result](Napi::Env env) -> Napi::Value {
        Napi::Object all = Napi::Object::New(env);
        for (const auto& [name, values] : result->gradients) all.Set(name, to_js(env, values));
        Napi::Object out = Napi::Object::New(env);
        out.Set("loss", result->loss);
        out.Set("gradients", all);
        return out;
      };
    };
    return start_job(call.Env(), object(call, 2), work);
  });
}

Napi::Value motion_feature(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    return start_job(
        call.Env(), object(call, 2),
        [model = held<engine::Model>(call[0]), clips = clips_of(call[1])](const CancelToken& cancel) {
          return value(engine::motion_feature(model, clips, cancel));
        });
  });
}

Napi::Value calibrate_motion(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    return start_job(call.Env(), object(call, 2),
                     [model = held<engine::Model>(call[0]),
                      clips = clips_of(call[1])](const CancelToken& cancel) -> Write {
                       engine::calibrate_motion(model, clips, cancel);
                       return [](Napi::Env env) { return env.Undefined(); };
                     });
  });
}

}  // namespace vqat::addon
