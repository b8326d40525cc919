// What the CUDA kernels share: grids, the checked launch, and sums and maxima over a warp and over a block.
// No torch; C++17.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "kernels/bf16.h"
#include "kernels/cuda/launch_log.h"
#include "kernels/cuda/start.cuh"

namespace vqat::kernels {
// Not shared between files: a template's __shared__ arrays belong to one kernel alone.
namespace {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xFFFFFFFFu;

// A grid of so many blocks, refused where a card has no such grid. Throws Error E_ARGUMENT.
inline dim3 grid_of(const char* name, int64_t x, int64_t y = 1, int64_t z = 1) {
  constexpr int64_t kMostX = 0x7FFFFFFF, kMostOther = 0xFFFF;
  check(x <= kMostX && y <= kMostOther && z <= kMostOther, name, ": expected a grid of at most ", kMostX,
        " x ", kMostOther, " x ", kMostOther, " blocks on CUDA, found ", x, " x ", y, " x ", z);
  return dim3(static_cast<unsigned>(x), static_cast<unsigned>(y), static_cast<unsigned>(z));
}

// Launches a kernel and checks that it was taken: a refused launch is seen at once, an error inside a kernel
// surfaces at a later call. What failed before is not this launch's, and nothing is launched after it. Throws
// Error E_DEVICE.
template <class... P>
void launch(const char* name, void (*kernel)(P...), dim3 grid, dim3 block, void* stream,
            const typename SameType<P>::Type&... args) {
  const cudaError_t before = cudaGetLastError();
  if (before != cudaSuccess)
    fail(Code::E_DEVICE, name,
         ": not launched, because the device had failed before: ", cudaGetErrorString(before));
  launch_log.add(name);
  start(name, kernel, grid, block, stream, args...);
  const cudaError_t status = cudaGetLastError();
  if (status != cudaSuccess) fail(Code::E_DEVICE, name, ": the launch failed: ", cudaGetErrorString(status));
}

struct Add {
  template <class V>
  __device__ V operator()(V a, V b) const {
    return a + b;
  }
};
struct Max {
  __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

// The reduction of one value per lane, in every lane, in a fixed order.
template <class V, class Op>
__device__ V warp_reduce(V value, Op op) {
  for (int step = kWarp / 2; step > 0; step /= 2) value = op(value, __shfl_xor_sync(kAllLanes, value, step));
  return value;
}

// The reduction of one value per thread, in every thread. The block is a multiple of kWarp, at most 1024
// threads. Every thread must call it; it may be called again at once.
template <class V, class Op>
__device__ V block_reduce(V value, Op op) {
  __shared__ V of_warp[kWarp];
  const int warp = threadIdx.x / kWarp;
  value = warp_reduce(value, op);
  __syncthreads();  // an earlier call's readers are done
  if (threadIdx.x % kWarp == 0) of_warp[warp] = value;
  __syncthreads();
  V total = of_warp[0];
  for (int w = 1; w < static_cast<int>(blockDim.x) / kWarp; ++w) total = op(total, of_warp[w]);
  return total;
}

}  // namespace
}  // namespace vqat::kernels
