// A small addon without libtorch: opens libtorch by absolute path, reads its version and asks the CUDA driver
// whether it is there. The main addon is only required after this, and then finds libtorch in the process.
// Decides nothing: which files, which version and what to say are lib/native/load.ts.
#include <dlfcn.h>
#include <napi.h>

#include <cstdint>
#include <string>

#include "loader/opening.h"

namespace {

// open(paths): opens each library, in order, for good.
// RTLD_GLOBAL because libtorch's own late dlopens expect its symbols in the global scope.
void open_libraries(const Napi::CallbackInfo& info) {
  const Napi::Array paths = info[0].As<Napi::Array>();
  const vqat::loader::Opening guard;
  for (uint32_t i = 0; i < paths.Length(); ++i) {
    const std::string path = paths.Get(i).As<Napi::String>();
    if (!dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) throw Napi::Error::New(info.Env(), dlerror());
  }
}

// torchAbiVersion(): 0xMMmmpp00… of the libtorch in this process as a bigint, or null when there is none.
Napi::Value torch_abi_version(const Napi::CallbackInfo& info) {
  void* symbol = dlsym(RTLD_DEFAULT, "aoti_torch_abi_version");
  if (!symbol) return info.Env().Null();
  return Napi::BigInt::New(info.Env(), reinterpret_cast<uint64_t (*)()>(symbol)());
}

// As cuda.h numbers them.
constexpr int kComputeMajor = 75, kComputeMinor = 76;

// An entry point of the driver, null when this one has none of that name.
template <class Function>
Function* entry(void* driver, const char* name) {
  return reinterpret_cast<Function*>(dlsym(driver, name));
}

// { name, bytes, major, minor } of a device; what the driver does not tell stays "" or 0.
Napi::Object card_of(Napi::Env env, void* driver, int number) {
  const auto get = entry<int(int*, int)>(driver, "cuDeviceGet");
  const auto name_of = entry<int(char*, int, int)>(driver, "cuDeviceGetName");
  const auto bytes_of = entry<int(size_t*, int)>(driver, "cuDeviceTotalMem_v2");
  const auto attribute_of = entry<int(int*, int, int)>(driver, "cuDeviceGetAttribute");
  char name[256] = "";
  size_t bytes = 0;
  int device = 0, major = 0, minor = 0;
  if (get && get(&device, number) == 0) {
    if (name_of && name_of(name, sizeof name, device) != 0) name[0] = 0;
    if (bytes_of && bytes_of(&bytes, device) != 0) bytes = 0;
    if (attribute_of && attribute_of(&major, kComputeMajor, device) != 0) major = 0;
    if (attribute_of && attribute_of(&minor, kComputeMinor, device) != 0) minor = 0;
  }
  Napi::Object card = Napi::Object::New(env);
  card.Set("name", std::string(name));
  card.Set("bytes", static_cast<double>(bytes));
  card.Set("major", major);
  card.Set("minor", minor);
  return card;
}

// cudaDriver(): { library, init, version, cards }. `library` tells whether libcuda.so.1 opened; `init` is the
// result code of cuInit (0 is success); version is like 13000, 0 when not known; cards are those it shows.
Napi::Value cuda_driver(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  int init = -1, version = 0, count = 0;
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver) {
    const auto start = entry<int(unsigned)>(driver, "cuInit");
    const auto version_of = entry<int(int*)>(driver, "cuDriverGetVersion");
    const auto count_of = entry<int(int*)>(driver, "cuDeviceGetCount");
    if (version_of && version_of(&version) != 0) version = 0;
    if (start) init = start(0);
    if (init == 0 && count_of && count_of(&count) != 0) count = 0;
  }
  Napi::Array cards = Napi::Array::New(env);
  for (int i = 0; i < count; ++i) cards.Set(cards.Length(), card_of(env, driver, i));
  Napi::Object result = Napi::Object::New(env);
  result.Set("library", driver != nullptr);
  result.Set("init", init);
  result.Set("version", version);
  result.Set("cards", cards);
  return result;
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("open", Napi::Function::New(env, open_libraries, "open"));
  exports.Set("torchAbiVersion", Napi::Function::New(env, torch_abi_version, "torchAbiVersion"));
  exports.Set("cudaDriver", Napi::Function::New(env, cuda_driver, "cudaDriver"));
  // The libtorch that the main addon beside this file was compiled with.
  exports.Set("builtFor", Napi::String::New(env, VQAT_TORCH_VERSION));
  return exports;
}

}  // namespace

NODE_API_MODULE(vqathinker_loader, initialize)
