#include "addon/write_frame.h"

#include "addon/calls.h"
#include "engine/engine.h"

namespace vqat::addon {

Napi::Value write_frame(const Napi::CallbackInfo& call) {
  const engine::ClipRef clip = argument(call, 0);
  const int64_t index = argument(call, 1), width = argument(call, 3), height = argument(call, 4);
  const std::span<const uint8_t> rgb = argument(call, 2);
  const auto work = [=](const CancelToken& cancel) {
    return written([&] { engine::write_frame(clip, index, rgb, width, height, cancel); });
  };
  return start_job(call.Env(), argument(call, 5).object(), work,
                   {.queue = engine::JobQueue::frames(), .kept = call[2]});
}

}  // namespace vqat::addon
