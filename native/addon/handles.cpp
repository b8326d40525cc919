#include "addon/handles.h"

#include "addon/told.h"
#include "base/error.h"
#include "engine/engine.h"
#include "engine/rest.h"

namespace vqat::addon {
namespace {

struct Kind {
  const char* name;
  napi_type_tag tag;
};
template <class T>
constexpr Kind kKind{};
template <>
constexpr Kind kKind<model::Clip>{"clip", {0x8d1f3c5ab07e4c11, 0x9a54e2d6c3f10b01}};
template <>
constexpr Kind kKind<engine::Model>{"model", {0x8d1f3c5ab07e4c12, 0x9a54e2d6c3f10b02}};
template <>
constexpr Kind kKind<engine::Trainer>{"trainer", {0x8d1f3c5ab07e4c13, 0x9a54e2d6c3f10b03}};

// The net under a handle that nobody closed: the same way out as a close, whatever the order of collection.
void drop(std::shared_ptr<model::Clip>) {}
void drop(std::shared_ptr<engine::Trainer> trainer) { engine::close(std::move(trainer)); }
void drop(std::shared_ptr<engine::Model>) {}

// What JavaScript's object points to. `storage` is what was told of it, null once that was taken back.
template <class T>
struct Owner {
  std::shared_ptr<T> object;
  const void* storage;

  std::shared_ptr<T> let_go(napi_env env) {
    if (storage) take_back(env, storage);
    storage = nullptr;
    return std::move(object);
  }
};

template <class T>
Owner<T>& owner_of(const Napi::Value& handle) {
  void* found = nullptr;
  bool tagged = false;
  if (handle.IsObject()) napi_check_object_type_tag(handle.Env(), handle, &kKind<T>.tag, &tagged);
  if (!tagged || napi_unwrap(handle.Env(), handle, &found) != napi_ok)
    fail(Code::E_ARGUMENT, "expected a ", kKind<T>.name, " handle");
  return *static_cast<Owner<T>*>(found);
}

}  // namespace

template <class T>
Napi::Value make_handle(Napi::Env env, std::shared_ptr<T> owned) {
  Napi::Object handle = Napi::Object::New(env);
  napi_type_tag_object(env, handle, &kKind<T>.tag);
  const auto finalize = [](napi_env env, void* data, void*) {
    if (engine::resting()) return;
    auto* owner = static_cast<Owner<T>*>(data);
    if (auto object = owner->let_go(env)) drop(std::move(object));
    delete owner;
  };
  const engine::Storage storage = engine::storage_of(owned);
  napi_wrap(env, handle, new Owner<T>{std::move(owned), storage.place}, finalize, nullptr, nullptr);
  tell(env, storage);
  return handle;
}

template <class T>
std::shared_ptr<T> held(const Napi::Value& handle) {
  const Owner<T>& owner = owner_of<T>(handle);
  if (!owner.object) fail(Code::E_DISPOSED, "the ", kKind<T>.name, " was disposed of");
  return owner.object;
}

template <class T>
std::shared_ptr<T> take(const Napi::Value& handle) {
  return owner_of<T>(handle).let_go(handle.Env());
}

#define VQAT_HANDLE(T)                                             \
  template Napi::Value make_handle(Napi::Env, std::shared_ptr<T>); \
  template std::shared_ptr<T> held<T>(const Napi::Value&);         \
  template std::shared_ptr<T> take<T>(const Napi::Value&);
VQAT_HANDLE(model::Clip)
VQAT_HANDLE(engine::Model)
VQAT_HANDLE(engine::Trainer)
#undef VQAT_HANDLE

}  // namespace vqat::addon
