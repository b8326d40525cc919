// The jobs that are not of the engine: frames are resized and measured on a thread of their own, so that
// decoding and computing overlap.
#pragma once

#include <napi.h>

namespace vqat::addon {

Napi::Value write_frame(const Napi::CallbackInfo& call);
Napi::Value niqe_features(const Napi::CallbackInfo& call);

}  // namespace vqat::addon
