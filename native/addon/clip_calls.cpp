// Calls on clips. They answer at once, except writeFrame, which resizes on the runtime's pool so that
// decoding and computing overlap.
#include "addon/calls.h"
#include "addon/handles.h"
#include "addon/job.h"
#include "addon/values.h"
#include "base/error.h"
#include "engine/engine.h"

namespace vqat::addon {
namespace {

class WriteFrame : public Napi::AsyncWorker {
 public:
  WriteFrame(const Napi::CallbackInfo& call, engine::ClipRef clip)
      : Napi::AsyncWorker(call.Env(), "vqathinker frame"),
        deferred_(Napi::Promise::Deferred::New(call.Env())),
        clip_(std::move(clip)),
        index_(integer(call, 1)),
        width_(integer(call, 3)),
        height_(integer(call, 4)) {
    const Napi::Uint8Array rgb = bytes(call, 2);
    kept_ = Napi::Persistent(rgb.As<Napi::Object>());  // read in place: the array lives until the end
    data_ = rgb.Data();
    size_ = rgb.ElementLength();
  }
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      engine::write_frame(clip_, index_, data_, size_, width_, height_);
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  void OnOK() override {
    if (!failure_) return deferred_.Resolve(Env().Undefined());
    try {
      std::rethrow_exception(failure_);
    } catch (const std::exception& error) {
      deferred_.Reject(to_js_error(Env(), error).Value());
    }
  }

 private:
  Napi::Promise::Deferred deferred_;
  engine::ClipRef clip_;
  int64_t index_, width_, height_;
  Napi::ObjectReference kept_;
  const uint8_t* data_;
  size_t size_;
  std::exception_ptr failure_;
};

}  // namespace

Napi::Value resize_frame(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const Napi::Uint8Array rgb = bytes(call, 0);
    return to_js(call.Env(), engine::resize_frame(rgb.Data(), rgb.ElementLength(), integer(call, 1),
                                                  integer(call, 2), integer(call, 3), integer(call, 4)));
  });
}

Napi::Value open_clip(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const Napi::Object spec = object(call, 0);
    return make_handle(call.Env(), engine::open_clip(integer(spec, "frames"), integer(spec, "size")));
  });
}

Napi::Value write_frame(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    auto* worker = new WriteFrame(call, held<model::Clip>(call[0]));
    const Napi::Promise promise = worker->promise();
    worker->Queue();
    return promise;
  });
}

Napi::Value write_pixels(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const Napi::Value value = call[1];
    check(value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_float32_array,
          "pixels: expected a Float32Array");
    const auto pixels = value.As<Napi::Float32Array>();
    engine::write_pixels(held<model::Clip>(call[0]), pixels.Data(), pixels.ElementLength());
    return call.Env().Undefined();
  });
}

Napi::Value perturb_clip(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    return make_handle(call.Env(), engine::perturb_clip(held<model::Clip>(call[0]), ints(call, 1)));
  });
}

Napi::Value read_clip(const Napi::CallbackInfo& call) {
  return guarded(call.Env(),
                 [&] { return to_js(call.Env(), engine::read_clip(held<model::Clip>(call[0]))); });
}

Napi::Value close_clip(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    take<model::Clip>(call[0]);
    return call.Env().Undefined();
  });
}

}  // namespace vqat::addon
