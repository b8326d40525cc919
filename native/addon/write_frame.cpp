#include "addon/write_frame.h"

#include "addon/calls.h"
#include "engine/engine.h"

namespace vqat::addon {
namespace {

class WriteFrame : public Napi::AsyncWorker {
 public:
  explicit WriteFrame(const Napi::CallbackInfo& call)
      : Napi::AsyncWorker(call.Env(), "vqathinker frame"),
        deferred_(Napi::Promise::Deferred::New(call.Env())),
        clip_(argument(call, 0)),
        index_(argument(call, 1)),
        rgb_(argument(call, 2).as<std::span<const uint8_t>>()),
        kept_(Napi::Persistent(call[2].As<Napi::Object>())),
        width_(argument(call, 3)),
        height_(argument(call, 4)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      engine::write_frame(clip_, index_, rgb_, width_, height_);
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
  int64_t index_;
  std::span<const uint8_t> rgb_;
  Napi::ObjectReference kept_;  // read in place: the array lives until the end
  int64_t width_, height_;
  std::exception_ptr failure_;
};

}  // namespace

Napi::Value write_frame(const Napi::CallbackInfo& call) {
  auto* worker = new WriteFrame(call);
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace vqat::addon
