#include "device.h"

#include <cuda_runtime_api.h>

namespace vqat::kernels::device {
namespace {

std::string told(cudaError_t status) { return status == cudaSuccess ? "" : cudaGetErrorString(status); }

}  // namespace

std::string why_not() {
  int devices = 0;
  const cudaError_t status = cudaGetDeviceCount(&devices);
  return devices > 0 ? "" : "no CUDA device: " + told(status);
}

bool is_emulated() {
#ifdef VQAT_EMULATED
  return true;
#else
  return false;
#endif
}

void* allocate(size_t bytes) {
  void* pointer = nullptr;
  return cudaMalloc(&pointer, bytes) == cudaSuccess ? pointer : nullptr;
}

std::string deallocate(void* pointer) { return told(cudaFree(pointer)); }

std::string upload(void* to, const void* from, size_t bytes) {
  return told(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice));
}

std::string download(void* to, const void* from, size_t bytes) {
  return told(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost));
}

std::string finish() { return told(cudaDeviceSynchronize()); }

}  // namespace vqat::kernels::device
