// Stands in for CUDA's header of this name where kernels are compiled as C++ for the CPU: the language that
// nvcc adds, as far as the kernels use it. What a kernel cannot do alone goes to emulation/kernel_side.h.
#pragma once

#include <math.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "cuda_runtime_api.h"
#include "emulation/kernel_side.h"

#define __host__
#define __device__
#define __global__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __restrict__ __restrict
// Thread-local memory of a module is one region, which can be filled before every block; nothing else of a
// module with kernels may be thread-local. The sanitizers guard plain static memory, and see races there.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define __shared__ static
#else
#define __shared__ static thread_local
#endif

#define threadIdx (::vqat::emulation::place->thread)
#define blockIdx (::vqat::emulation::place->block)
#define blockDim (::vqat::emulation::place->threads)
#define gridDim (::vqat::emulation::place->blocks)
constexpr int warpSize = 32;

// Where a barrier or a warp operation stands, for messages and to tell whether threads met at the same one.
#define VQAT_SITE ::vqat::emulation::Site site = {__builtin_FILE(), __builtin_LINE()}

inline void __syncthreads(VQAT_SITE) { ::vqat::emulation::barrier(false, site); }
inline int __syncthreads_count(int vote, VQAT_SITE) { return ::vqat::emulation::barrier(vote != 0, site); }
inline int __syncthreads_or(int vote, VQAT_SITE) { return ::vqat::emulation::barrier(vote != 0, site) != 0; }
inline int __syncthreads_and(int vote, VQAT_SITE) { return ::vqat::emulation::barrier(vote == 0, site) == 0; }

inline void __syncwarp(unsigned mask = 0xFFFFFFFFu, VQAT_SITE) { ::vqat::emulation::warp_sync(mask, site); }
inline unsigned __ballot_sync(unsigned mask, int vote, VQAT_SITE) {
  return ::vqat::emulation::ballot(mask, vote != 0, site);
}
inline int __any_sync(unsigned mask, int vote, VQAT_SITE) {
  return ::vqat::emulation::ballot(mask, vote != 0, site) != 0;
}
inline int __all_sync(unsigned mask, int vote, VQAT_SITE) {
  return ::vqat::emulation::ballot(mask, vote != 0, site) == mask;
}
template <class V>
V __shfl_sync(unsigned mask, V value, int from, int width = 32, VQAT_SITE) {
  const int first = ::vqat::emulation::lane() / width * width;
  return ::vqat::emulation::shuffle(mask, value, first + (from & (width - 1)), site);
}
template <class V>
V __shfl_xor_sync(unsigned mask, V value, int bits, int width = 32, VQAT_SITE) {
  const int from = ::vqat::emulation::lane() ^ bits;
  return ::vqat::emulation::shuffle(mask, value, ::vqat::emulation::within(from, width), site);
}
template <class V>
V __shfl_up_sync(unsigned mask, V value, unsigned by, int width = 32, VQAT_SITE) {
  const int from = ::vqat::emulation::lane() - static_cast<int>(by);
  return ::vqat::emulation::shuffle(mask, value, ::vqat::emulation::within(from, width), site);
}
template <class V>
V __shfl_down_sync(unsigned mask, V value, unsigned by, int width = 32, VQAT_SITE) {
  const int from = ::vqat::emulation::lane() + static_cast<int>(by);
  return ::vqat::emulation::shuffle(mask, value, ::vqat::emulation::within(from, width), site);
}
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

#include "emulation/intrinsics.h"
