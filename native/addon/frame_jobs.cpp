#include "addon/frame_jobs.h"

#include "addon/calls.h"
#include "engine/engine.h"

namespace vqat::addon {
namespace {

// Starts `work` with the call's last argument as its Job; the bytes, which are read in place, live until
// then.
template <class F>
Napi::Value start_frame_job(const Napi::CallbackInfo& call, size_t bytes, size_t job, F work) {
  return start_job(call.Env(), argument(call, job).object(),
                   [work](const CancelToken& cancel) { return written([&] { return work(cancel); }); },
                   {.queue = engine::JobQueue::frames(), .kept = call[bytes]});
}

}  // namespace

Napi::Value write_frame(const Napi::CallbackInfo& call) {
  const engine::ClipRef clip = argument(call, 0);
  const int64_t index = argument(call, 1), width = argument(call, 3), height = argument(call, 4);
  const std::span<const uint8_t> rgb = argument(call, 2);
  return start_frame_job(call, 2, 5, [=](const CancelToken& cancel) {
    engine::write_frame(clip, index, rgb, width, height, cancel);
  });
}

Napi::Value niqe_features(const Napi::CallbackInfo& call) {
  const std::span<const uint8_t> rgb = argument(call, 0);
  const int64_t width = argument(call, 1), height = argument(call, 2);
  return start_frame_job(call, 0, 3, [=](const CancelToken& cancel) {
    return engine::niqe_features(rgb, width, height, cancel);
  });
}

}  // namespace vqat::addon
