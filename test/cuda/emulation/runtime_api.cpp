// CUDA's runtime over the emulated device: one device, everything done when a call returns.
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>

#include "cuda_runtime_api.h"
#include "emulation/breakage.h"
#include "emulation/device_memory.h"
#include "emulation/errors.h"

namespace vqat::emulation {
namespace {

constexpr size_t kTotalBytes = size_t{16} << 30;  // what a device without a limit says it has

std::mutex mutex;
cudaError_t last = cudaSuccess;
std::string told;  // of the last error that was asked for

cudaError_t refuse(const char* call, const std::string& why) {
  return set_error(cudaErrorInvalidValue, std::string(call) + ": " + why);
}

// Whether one end of a copy is where its kind says.
bool lies(const void* pointer, size_t bytes, bool on_device) {
  return on_device ? contains(pointer, bytes) : !is_device_address(pointer);
}

cudaError_t copy(const char* call, void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  if (bytes == 0) return cudaSuccess;
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (!lies(to, bytes, to_device)) return refuse(call, "the destination is not what its kind says");
  if (!lies(from, bytes, from_device)) return refuse(call, "the source is not what its kind says");
  const MemoryAccess access;
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}

cudaError_t set(const char* call, void* to, int value, size_t bytes) {
  if (bytes == 0) return cudaSuccess;
  if (!contains(to, bytes)) return refuse(call, "the destination is not device memory");
  const MemoryAccess access;
  std::memset(to, value, bytes);
  return cudaSuccess;
}

}  // namespace

cudaError_t set_error(cudaError_t status, const std::string& text) {
  std::fprintf(stderr, "cuda emulation: %s\n", text.c_str());
  const std::lock_guard lock(mutex);
  if (last == cudaSuccess) {
    last = status;
    told = text;
  }
  return status;
}

}  // namespace vqat::emulation

using namespace vqat::emulation;

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  *pointer = allocate(bytes);
  if (*pointer || bytes == 0) return cudaSuccess;
  return set_error(cudaErrorMemoryAllocation, "out of memory: " + std::to_string(bytes) + " bytes asked for");
}

cudaError_t cudaFree(void* pointer) {
  if (!pointer) return cudaSuccess;
  const std::string wrong = deallocate(pointer);
  return wrong.empty() ? cudaSuccess : refuse("cudaFree", wrong);
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  const MemoryUse use = memory_use();
  *total = use.limit > 0 ? use.limit : kTotalBytes;
  *free = *total > use.bytes ? *total - use.bytes : 0;
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  return copy("cudaMemcpy", to, from, bytes, kind);
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t) {
  return copy("cudaMemcpyAsync", to, from, bytes, kind);
}

cudaError_t cudaMemset(void* to, int value, size_t bytes) { return set("cudaMemset", to, value, bytes); }

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t) {
  return set("cudaMemsetAsync", to, value, bytes);
}

cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaDeviceSynchronize(); }

cudaError_t cudaDeviceSynchronize() { return found_broken() ? kBroken : cudaPeekAtLastError(); }

cudaError_t cudaPeekAtLastError() {
  if (known_broken()) return kBroken;
  const std::lock_guard lock(mutex);
  return last;
}

// Clears the error, also those that a card keeps until its process ends, but for a broken device's: the next
// test may run.
cudaError_t cudaGetLastError() {
  if (known_broken()) return kBroken;
  const std::lock_guard lock(mutex);
  return std::exchange(last, cudaSuccess);
}

// Of the last error that happened what the emulation says, of others CUDA's own words.
const char* cudaGetErrorString(cudaError_t status) {
  if (status == cudaSuccess) return "no error";
  if (known_broken()) return "an illegal memory access was encountered";
  if (!told.empty()) return told.c_str();
  return "unknown error";
}
