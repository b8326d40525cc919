#include "tensor/device.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <dlfcn.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "kernels/cuda/table.h"
#include "kernels/impl.h"
#include "kernels/vectors.h"
#include "tensor/deterministic.h"

namespace vqat {
namespace {

constexpr const char* kLibrary = "vqathinker_cuda.so";

// The library lies in the folder of the one that this code is in.
std::string library_path() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&check_device), &info) == 0 || !info.dli_fname) return kLibrary;
  const std::string own = info.dli_fname;
  return own.substr(0, own.rfind('/') + 1) + kLibrary;
}

const kernels::CudaTable* opened = nullptr;  // once a device is used

struct KernelLibrary {
  std::string path;
  const kernels::CudaTable* table = nullptr;
  int cuda = 0;         // like 13000; 0 when not known
  std::string refusal;  // why there is no table; "" when there is one
};

KernelLibrary open_library() {
  KernelLibrary library{.path = library_path()};
  if (access(library.path.c_str(), F_OK) != 0) {
    library.refusal = library.path +
                      " is missing, so the addon has no CUDA kernels; run, where nvcc is installed: "
                      "npx vqathinker setup --build";
    return library;
  }
  void* handle = dlopen(library.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    library.refusal = std::string("the CUDA kernels cannot be loaded: ") + dlerror();
    return library;
  }
  const auto table_of = reinterpret_cast<kernels::CudaTableOf*>(dlsym(handle, kernels::kCudaTableSymbol));
  const auto cuda_of = reinterpret_cast<kernels::CudaVersionOf*>(dlsym(handle, kernels::kCudaVersionSymbol));
  const kernels::CudaTable* table = table_of ? table_of() : nullptr;
  const int version = table ? table->version : 0;
  if (version == kernels::kCudaTableVersion) library.table = table;
  if (!library.table)
    library.refusal = library.path + " is of another build: expected kernels of version " +
                      std::to_string(kernels::kCudaTableVersion) + ", found " +
                      (table ? std::to_string(version) : std::string("none")) +
                      "; run: npx vqathinker setup --build";
  if (cuda_of) library.cuda = cuda_of();
  return library;
}

const KernelLibrary& kernel_library() {
  static const KernelLibrary library = open_library();
  return library;
}

}  // namespace

const kernels::CudaTable& cuda_table() {
  static const kernels::CudaTable* table = [] {
    const KernelLibrary& library = kernel_library();
    if (!library.table) fail(Code::E_UNAVAILABLE, library.refusal);
    return opened = library.table;
  }();
  return *table;
}

CudaBuild cuda_build() {
  const KernelLibrary& library = kernel_library();
  return {.torch = at::Context::hasCUDART() ? static_cast<int>(at::Context::versionCUDART()) : 0,
          .kernels = library.cuda,
          .library = library.path,
          .refusal = library.refusal};
}

void return_device_memory() {
  if (!opened) return;
  if (auto* cuda = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(at::kCUDA))) cuda->emptyCache();
}

std::string kernels_in_flight() {
  if (!opened) return "";
  const kernels::LaunchLog& log = *opened->launches;
  std::string all;
  for (int i = 0; i < log.count; ++i) all += (i == 0 ? "" : ", ") + std::string(log.names[i]);
  return all;
}

void kernels_done() {
  if (opened) opened->launches->count = 0;
}

void check_device(const at::Device& device) {
  if (device.is_cpu()) return;
  const std::string name = device.str();
  if (!device.is_cuda()) fail(Code::E_UNAVAILABLE, "device '", name, "': expected cpu or cuda");
  if (device.has_index() && device.index() != 0)
    fail(Code::E_UNAVAILABLE, "device '", name,
         "': expected cuda or cuda:0; choose another card with CUDA_VISIBLE_DEVICES");
  if (!at::hasCUDA())
    fail(Code::E_UNAVAILABLE, "device '", name,
         "': libtorch sees no CUDA device; say why with: npx vqathinker doctor");
  cuda_table();
  prefer_deterministic_products();
  // Convolutions of float32 in float32: the default rounds their inputs to ten bits.
  at::globalContext().setAllowTF32CuDNN(false);
}

const char* kernel_twins() { return kernels::use_reference() ? "reference" : "fast"; }

const char* kernel_vectors() { return kernels::vectors(); }

}  // namespace vqat
