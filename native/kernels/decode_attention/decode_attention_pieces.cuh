// How the threads of decode attention's blocks pass keys and values to each other, and what each does with
// them. Positions come in tiles of 64 and widths in chunks of 64; a piece is one chunk of a tile. No torch;
// C++17.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/wide.cuh"
#include "kernels/decode_attention/decode_attention_parts.h"

namespace vqat::kernels {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarp;
constexpr int kTile = kDecodeTilePositions;
constexpr int kChunk = 64;
constexpr int kFour = 4;
using Four = Pack<float, kFour>;

static_assert(kTile == 2 * kWarp && kChunk == 2 * kWarp);

// Keys or values of a tile, a chunk of their width; a unit of padding after each position keeps lanes that
// read neighbouring positions out of each other's banks.
template <class T>
struct alignas(kWideBytes) Piece {
  T of[kTile][kChunk + kWideElements<T>];
};

// What a thread brings of a piece.
template <class T>
struct Share {
  static constexpr int kAcross = kChunk / kWideElements<T>;  // threads beside each other along the width
  static constexpr int kDown = kThreads / kAcross;
  static constexpr int kUnits = kTile / kDown;
  Pack<T, kWideElements<T>> units[kUnits];
};

// Reads `count` positions from `first` on, of which `width` are left; zeros beyond both.
template <bool kWide, class T>
__device__ Share<T> fetch(const T* first, int64_t stride, int count, int width) {
  constexpr int kElements = kWideElements<T>;
  const int j = static_cast<int>(threadIdx.x) % Share<T>::kAcross * kElements;
  const int t = static_cast<int>(threadIdx.x) / Share<T>::kAcross;
  Share<T> share{};
  VQAT_UNROLL
  for (int i = 0; i < Share<T>::kUnits; ++i) {
    const int position = t + i * Share<T>::kDown;
    if (position < count && j < width) {
      share.units[i] = load<kWide, kElements>(first + position * stride + j, width - j);
    }
  }
  return share;
}

// Puts what the threads have brought where all of them read it, once what was there before has been read.
template <class T>
__device__ void pass_on(Piece<T>& piece, const Share<T>& share) {
  __syncthreads();
  const int j = static_cast<int>(threadIdx.x) % Share<T>::kAcross * kWideElements<T>;
  VQAT_UNROLL
  for (int i = 0; i < Share<T>::kUnits; ++i) {
    const int t = static_cast<int>(threadIdx.x) / Share<T>::kAcross + i * Share<T>::kDown;
    store<true>(&piece.of[t][j], share.units[i], kWideElements<T>);
  }
  __syncthreads();
}

// Adds to the scores of a lane's two positions what one chunk of the width gives. `queries`: the chunk of the
// warp's first query, `step` packs before the next query's.
template <class T, int kQueries>
__device__ void add_scores(float (&score)[kQueries][2], const Four* queries, int step, const Piece<T>& keys,
                           int width) {
  constexpr int kElements = kWideElements<T>;
  const int lane = threadIdx.x % kWarp;
  VQAT_UNROLL_1
  for (int j = 0; j < width; j += kElements) {
    const auto near = widen(load<true, kElements>(&keys.of[lane][j], kElements));
    const auto far = widen(load<true, kElements>(&keys.of[lane + kWarp][j], kElements));
    VQAT_UNROLL
    for (int f = 0; f < kElements; f += kFour) {
      VQAT_UNROLL
      for (int i = 0; i < kQueries; ++i) {
        const Four query = queries[i * step + (j + f) / kFour];
        VQAT_UNROLL
        for (int e = 0; e < kFour; ++e) {
          score[i][0] += query.of[e] * near.of[f + e];
          score[i][1] += query.of[e] * far.of[f + e];
        }
      }
    }
  }
}

// Adds one chunk of the values of all positions, weighted, to the lane's two elements of each query.
template <class T, int kQueries>
__device__ void add_values(float (&value)[kQueries][2], const Four (*weights)[kQueries / kFour],
                           const Piece<T>& values, int positions) {
  const int lane = threadIdx.x % kWarp;
  VQAT_UNROLL_2
  for (int t = 0; t < positions; ++t) {
    const auto pair = widen(load<true, 2>(&values.of[t][2 * lane], 2));
    VQAT_UNROLL
    for (int i = 0; i < kQueries; ++i) {
      const float weight = weights[t][i / kFour].of[i % kFour];
      value[i][0] += weight * pair.of[0];
      value[i][1] += weight * pair.of[1];
    }
  }
}

}  // namespace
}  // namespace vqat::kernels
