#include "tensor/device.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <dlfcn.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "kernels/cuda/table.h"
#include "kernels/impl.h"
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

const kernels::CudaTable* opened = nullptr;

const kernels::CudaTable* open_table() {
  const std::string path = library_path();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) fail(Code::E_UNAVAILABLE, "CUDA kernels: ", dlerror());
  const auto table_of = reinterpret_cast<kernels::CudaTableOf*>(dlsym(library, kernels::kCudaTableSymbol));
  if (!table_of) fail(Code::E_UNAVAILABLE, path, ": has no ", kernels::kCudaTableSymbol);
  const kernels::CudaTable* table = table_of();
  if (table->version != kernels::kCudaTableVersion)
    fail(Code::E_UNAVAILABLE, path, ": expected kernels of version ", kernels::kCudaTableVersion, ", found ",
         table->version);
  opened = table;
  return table;
}

}  // namespace

const kernels::CudaTable& cuda_table() {
  static const kernels::CudaTable* table = open_table();
  return *table;
}

void return_device_memory() {
  if (!opened) return;
  if (auto* cuda = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(at::kCUDA))) cuda->emptyCache();
}

std::string kernels_in_flight() {
  if (!opened) return "";
  const kernels::LaunchLog& log = *opened->launches;
  std::string all;
  std::vector<std::string> told;
  for (int64_t i = std::max<int64_t>(0, log.count - log.kKept); i < log.count; ++i) {
    const std::string name = log.names[i % log.kKept];
    if (std::find(told.begin(), told.end(), name) != told.end()) continue;
    told.push_back(name);
    all += (all.empty() ? "" : ", ") + name;
  }
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
         "': this libtorch computes on the CPU only, or sees no CUDA device");
  cuda_table();
  prefer_deterministic_products();
  // Convolutions of float32 in float32: the default rounds their inputs to ten bits.
  at::globalContext().setAllowTF32CuDNN(false);
}

const char* kernel_twins() { return kernels::use_reference() ? "reference" : "fast"; }

}  // namespace vqat
