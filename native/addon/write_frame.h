// The one call on clips that does not answer at once: it resizes on the runtime's pool, so that decoding and
// computing overlap.
#pragma once

#include <napi.h>

namespace vqat::addon {

Napi::Value write_frame(const Napi::CallbackInfo& call);

}  // namespace vqat::addon
