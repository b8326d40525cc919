// How a block reads a row: two neighbouring elements a load where the row's address allows it, and sums of
// the few terms that a thread then holds. Rows of an odd stride begin at odd addresses, so that a wider load
// would seldom fit, and a warp's pairs of bfloat16 already fill a line of 128 bytes. No torch; C++17.
#pragma once

#include <cstdint>

namespace vqat::kernels {
namespace {

template <class T>
struct alignas(2 * sizeof(T)) Pair {
  T first, second;
};

// Whether elements 0, 2, 4 … of a row lie where a Pair may.
template <class T>
__device__ bool holds_pairs(const T* row) {
  return reinterpret_cast<uintptr_t>(row) % sizeof(Pair<T>) == 0;
}

// Elements v and v + 1 of a row of `width`, v even; `absent` in place of those past its end.
template <class T>
__device__ Pair<T> load_pair(const T* row, int v, int width, bool paired, T absent) {
  if (paired && v + 1 < width) return *reinterpret_cast<const Pair<T>*>(row + v);
  return {v < width ? row[v] : absent, v + 1 < width ? row[v + 1] : absent};
}

template <class T>
__device__ void store_pair(T* row, int v, int width, bool paired, Pair<T> value) {
  if (paired && v + 1 < width) {
    *reinterpret_cast<Pair<T>*>(row + v) = value;
    return;
  }
  if (v < width) row[v] = value.first;
  if (v + 1 < width) row[v + 1] = value.second;
}

// The sum of N terms, N a power of two, by halves: log2(N) roundings deep, and no conversion to double for
// each.
template <int N>
__device__ float sum_of(const float* terms) {
  if constexpr (N == 1) {
    return terms[0];
  } else {
    return sum_of<N / 2>(terms) + sum_of<N / 2>(terms + N / 2);
  }
}

}  // namespace
}  // namespace vqat::kernels
