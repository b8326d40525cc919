// Functions of the façade as calls of the wall: arguments are read as the function's types, in their order,
// and its result is written back.
#pragma once

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "addon/job.h"
#include "addon/values.h"

namespace vqat::addon {

inline Named argument(const Napi::CallbackInfo& call, size_t index) {
  constexpr const char* kNames[] = {"argument 1", "argument 2", "argument 3",
                                    "argument 4", "argument 5", "argument 6"};
  return {call[index], kNames[index]};
}

// Runs f; its result becomes JavaScript's when the Write is called.
template <class F>
Write written(F&& f) {
  using Result = decltype(f());
  if constexpr (std::is_void_v<Result>) {
    f();
    return [](Napi::Env env) { return env.Undefined(); };
  } else {
    const auto result = std::make_shared<Result>(f());
    return [result](Napi::Env env) { return to_js(env, *result); };
  }
}

template <class Result, class... Parameters, size_t... I>
Napi::Value answer(const Napi::CallbackInfo& call, Result (*function)(Parameters...),
                   std::index_sequence<I...>) {
  const std::tuple<std::decay_t<Parameters>...> read{argument(call, I)...};
  return written([&] { return std::apply(function, read); })(call.Env());
}

template <class Result, class... Parameters, size_t... I>
Napi::Value start(const Napi::CallbackInfo& call, Result (*function)(Parameters...),
                  std::index_sequence<I...>) {
  using All = std::tuple<std::decay_t<Parameters>...>;
  std::tuple<std::tuple_element_t<I, All>...> read{argument(call, I)...};
  const auto work = [function, read = std::move(read)](const CancelToken& cancel) {
    return written([&] { return function(std::get<I>(read)..., cancel); });
  };
  return start_job(call.Env(), argument(call, sizeof...(I)).object(), work);
}

template <class Result, class... Parameters>
constexpr size_t arity(Result (*)(Parameters...)) {
  return sizeof...(Parameters);
}

// A call that answers at once.
template <auto function>
Napi::Value now(const Napi::CallbackInfo& call) {
  return answer(call, function, std::make_index_sequence<arity(function)>());
}

// A call that runs on the engine's thread: where the function has its CancelToken, the call has the wall's
// Job.
template <auto function>
Napi::Value job(const Napi::CallbackInfo& call) {
  return start(call, function, std::make_index_sequence<arity(function) - 1>());
}

}  // namespace vqat::addon
