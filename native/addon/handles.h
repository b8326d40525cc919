// JavaScript objects that own native ones: tagged, so that a wrong handle is an error and not a crash.
#pragma once

#include <napi.h>

#include <memory>

#include "engine/types.h"

namespace vqat::addon {

// Specialised for model::Clip, engine::Model and engine::Trainer.
template <class T>
Napi::Value make_handle(Napi::Env env, std::shared_ptr<T> owned);

// The object behind a handle. E_ARGUMENT when the value is no such handle, E_DISPOSED when it was closed.
template <class T>
std::shared_ptr<T> held(const Napi::Value& handle);

// Takes the object out; the handle is closed from now on. Empty when it was closed before.
template <class T>
std::shared_ptr<T> take(const Napi::Value& handle);

}  // namespace vqat::addon
