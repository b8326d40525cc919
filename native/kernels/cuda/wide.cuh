// Several neighbouring elements as one access of up to 16 bytes. A kernel comes in two forms: the wide one,
// for arrays whose rows all lie at multiples of the access, and the narrow one, which takes the same elements
// one by one and looks where a row ends. No torch; C++17.
#pragma once

#include <cstdint>

#include "kernels/bf16.h"

namespace vqat::kernels {
namespace {

// Before loops over arrays in registers, which an index that is not known when compiling would put into
// memory; with a number, before loops that shall be repeated so often at most, or have their loads under way
// together.
#ifdef __CUDACC__
#define VQAT_UNROLL _Pragma("unroll")
#define VQAT_UNROLL_1 _Pragma("unroll 1")
#define VQAT_UNROLL_2 _Pragma("unroll 2")
#define VQAT_UNROLL_4 _Pragma("unroll 4")
#else
#define VQAT_UNROLL
#define VQAT_UNROLL_1
#define VQAT_UNROLL_2
#define VQAT_UNROLL_4
#endif

constexpr int kWideBytes = 16;  // the widest access of a thread

template <class T>
constexpr int kWideElements = kWideBytes / static_cast<int>(sizeof(T));

template <class T, int kCount>
struct alignas(sizeof(T) * kCount) Pack {
  T of[kCount];
};

// Whether all packs of kCount elements that begin at a multiple of `step` elements from `first` are aligned.
template <int kCount, class T>
bool packs_at(const T* first, int64_t step) {
  return step % kCount == 0 && reinterpret_cast<uintptr_t>(first) % sizeof(Pack<T, kCount>) == 0;
}

// Elements from `first` on; where the row has fewer left, which only a narrow load allows, zeros.
template <bool kWide, int kCount, class T>
__device__ Pack<T, kCount> load(const T* first, int64_t left) {
  if constexpr (kWide) return *reinterpret_cast<const Pack<T, kCount>*>(first);
  Pack<T, kCount> some{};
  VQAT_UNROLL
  for (int i = 0; i < kCount; ++i) {
    if (i < left) some.of[i] = first[i];
  }
  return some;
}

// The elements as float. A bfloat16 is the upper half of its float, so that two of them are a shift and a
// mask; taken one by one they cost twice as much.
template <int kCount>
__device__ Pack<float, kCount> widen(const Pack<float, kCount>& some) {
  return some;
}
template <int kCount>
__device__ Pack<float, kCount> widen(const Pack<bfloat16, kCount>& some) {
  static_assert(kCount % 2 == 0 && sizeof some == sizeof(uint16_t) * kCount);
  Pack<float, kCount> wide;
  VQAT_UNROLL
  for (int i = 0; i < kCount; i += 2) {
    uint32_t both;
    __builtin_memcpy(&both, &some.of[i], sizeof both);
    const uint32_t first = both << 16, second = both & 0xFFFF0000u;
    __builtin_memcpy(&wide.of[i], &first, sizeof first);
    __builtin_memcpy(&wide.of[i + 1], &second, sizeof second);
  }
  return wide;
}

// Rounded to the storage type.
template <class T, int kCount>
__device__ Pack<T, kCount> narrow(const Pack<float, kCount>& some) {
  Pack<T, kCount> stored;
  VQAT_UNROLL
  for (int i = 0; i < kCount; ++i) stored.of[i] = some.of[i];
  return stored;
}

template <bool kWide, int kCount, class T>
__device__ void store(T* first, const Pack<T, kCount>& some, int64_t left) {
  if constexpr (kWide) {
    *reinterpret_cast<Pack<T, kCount>*>(first) = some;
  } else {
    VQAT_UNROLL
    for (int i = 0; i < kCount; ++i) {
      if (i < left) first[i] = some.of[i];
    }
  }
}

}  // namespace
}  // namespace vqat::kernels
