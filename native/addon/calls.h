// The functions that addon.cpp lists, by the file that holds them.
#pragma once

#include <napi.h>

namespace vqat::addon {

using Call = Napi::Value (*)(const Napi::CallbackInfo&);

// clip_calls.cpp
Napi::Value resize_frame(const Napi::CallbackInfo& call);
Napi::Value open_clip(const Napi::CallbackInfo& call);
Napi::Value write_frame(const Napi::CallbackInfo& call);
Napi::Value write_pixels(const Napi::CallbackInfo& call);
Napi::Value perturb_clip(const Napi::CallbackInfo& call);
Napi::Value read_clip(const Napi::CallbackInfo& call);
Napi::Value close_clip(const Napi::CallbackInfo& call);

// model_calls.cpp
Napi::Value open_model(const Napi::CallbackInfo& call);
Napi::Value save_model(const Napi::CallbackInfo& call);
Napi::Value close_model(const Napi::CallbackInfo& call);
Napi::Value generate(const Napi::CallbackInfo& call);
Napi::Value log_probs(const Napi::CallbackInfo& call);
Napi::Value logits(const Napi::CallbackInfo& call);
Napi::Value gradients(const Napi::CallbackInfo& call);
Napi::Value motion_feature(const Napi::CallbackInfo& call);

Napi::Value calibrate_motion(const Napi::CallbackInfo& call);

// trainer_calls.cpp
Napi::Value open_trainer(const Napi::CallbackInfo& call);
Napi::Value train_step(const Napi::CallbackInfo& call);
Napi::Value save_trainer(const Napi::CallbackInfo& call);
Napi::Value load_trainer(const Napi::CallbackInfo& call);
Napi::Value close_trainer(const Napi::CallbackInfo& call);

}  // namespace vqat::addon
