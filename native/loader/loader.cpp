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

// cudaDriver(): { library, init, version, devices }. `library` tells whether libcuda.so.1 opened; `init` is
// the result code of cuInit (0 is success); version is like 13000 and devices a count, both 0 when not known.
Napi::Value cuda_driver(const Napi::CallbackInfo& info) {
  Napi::Object result = Napi::Object::New(info.Env());
  int init = -1, version = 0, devices = 0;
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver) {
    const auto cu_init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
    const auto cu_version = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDriverGetVersion"));
    const auto cu_devices = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
    if (cu_version && cu_version(&version) != 0) version = 0;
    if (cu_init) init = cu_init(0);
    if (init == 0 && cu_devices && cu_devices(&devices) != 0) devices = 0;
  }
  result.Set("library", driver != nullptr);
  result.Set("init", init);
  result.Set("version", version);
  result.Set("devices", devices);
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
