// Prefix sums over a block. No torch; C++17.
#pragma once

#include "kernels/cuda/device.cuh"

namespace vqat::kernels {
namespace {

// The sum of `value` over the threads before this one, and of all in `total`; in a fixed order. The block is
// a multiple of kWarp, at most 1024 threads. Every thread must call it; it may be called again at once.
template <class V>
__device__ V block_scan(V value, V* total) {
  __shared__ V of_warp[kWarp];
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  V upto = value;
  for (int step = 1; step < kWarp; step *= 2) {
    const V left = __shfl_up_sync(kAllLanes, upto, step);
    if (lane >= step) upto += left;
  }
  const V left = __shfl_up_sync(kAllLanes, upto, 1);
  __syncthreads();  // an earlier call's readers are done
  if (lane == kWarp - 1) of_warp[warp] = upto;
  __syncthreads();
  V before = 0, sum = 0;
  for (int w = 0; w < static_cast<int>(blockDim.x) / kWarp; ++w) {
    if (w == warp) before = sum;
    sum += of_warp[w];
  }
  *total = sum;
  return lane == 0 ? before : before + left;
}

}  // namespace
}  // namespace vqat::kernels
