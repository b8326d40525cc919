// The one job that is not of the engine: frames are resized on a thread of their own, so that decoding and
// computing overlap.
#pragma once

#include <napi.h>

namespace vqat::addon {

Napi::Value write_frame(const Napi::CallbackInfo& call);

}  // namespace vqat::addon
