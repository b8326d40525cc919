// Rotary embedding on CUDA: a thread takes neighbouring pairs of one head, threads stand in three dimensions
// (pairs, heads, rows), so that no index is divided. Each value read and written once, float32.
//
// On paper, H200, bfloat16: 4 bytes an element, and 4 for each table entry of its pair, which the heads of a
// row share in L1. A pair costs about 25 instructions, most of them the two roundings: 30 T instructions of a
// thread a second are 2.4 T elements, 9.6 TB/s, so that bytes are the limit. 55 to 57 registers of 256
// threads leave 4 blocks a multiprocessor, 50 %: 1,024 threads with 32 bytes of x each in flight, 32 KB where
// 25 KB keep the memory busy at 700 ns. 8B (28 + 4 heads of 128): 4,096 rows move 67 MB, about 16 µs; 64 rows
// about 3 µs, a launch. 1B (14 + 2 heads of 64): 8,192 rows move 34 MB, about 9 µs.
#include <algorithm>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/wide.cuh"
#include "kernels/rope/rope.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMostInZ = 64;  // threads of a block in the third dimension, a card's limit

template <class T, bool kWide>
__global__ void __launch_bounds__(kThreads) rotate(Rope<T> args) {
  constexpr int kPairs = kWideElements<T>;
  constexpr int kEntries = kWideElements<float>;  // of a table at once
  const int64_t row = static_cast<int64_t>(blockIdx.x) * blockDim.z + threadIdx.z;
  if (row >= args.rows) return;
  const int half = static_cast<int>(args.head_dim / 2);
  const int64_t table = static_cast<int64_t>(args.positions[row]) * half;
  T* x = args.x + row * args.row_stride;
  for (int j = static_cast<int>(threadIdx.x) * kPairs; j < half; j += static_cast<int>(blockDim.x) * kPairs) {
    const int left = half - j;
    Pack<float, kEntries> cosines[kPairs / kEntries], sines[kPairs / kEntries];
    VQAT_UNROLL
    for (int e = 0; e < kPairs / kEntries; ++e) {
      const int64_t at = table + j + e * kEntries;
      cosines[e] = load<kWide, kEntries>(args.cos + at, left - e * kEntries);
      sines[e] = load<kWide, kEntries>(args.sin + at, left - e * kEntries);
    }
    for (int64_t head = threadIdx.y; head < args.heads; head += blockDim.y) {
      T* first = x + head * args.head_dim + j;
      auto lows = widen(load<kWide, kPairs>(first, left));
      auto highs = widen(load<kWide, kPairs>(first + half, left));
      VQAT_UNROLL
      for (int i = 0; i < kPairs; ++i) {
        const float cosine = cosines[i / kEntries].of[i % kEntries];
        const float table_sine = sines[i / kEntries].of[i % kEntries];
        const float sine = args.inverse ? -table_sine : table_sine;
        const float lo = lows.of[i];
        const float hi = highs.of[i];
        lows.of[i] = lo * cosine - hi * sine;
        highs.of[i] = hi * cosine + lo * sine;
      }
      store<kWide>(first, narrow<T>(lows), left);
      store<kWide>(first + half, narrow<T>(highs), left);
    }
  }
}

// The smallest power of two that is not below `count`, at most `most`.
int64_t power_of_two(int64_t count, int64_t most) {
  int64_t power = 1;
  while (power < count && power < most) power *= 2;
  return power;
}

}  // namespace

template <class T>
void rope_cuda(const Rope<T>& args, void* stream) {
  if (args.rows == 0) return;
  constexpr int kPairs = kWideElements<T>;
  constexpr int kEntries = kWideElements<float>;
  const int64_t half = args.head_dim / 2;
  const bool wide = half % kPairs == 0 && packs_at<kPairs>(args.x, args.row_stride) &&
                    packs_at<kEntries>(args.cos, half) && packs_at<kEntries>(args.sin, half);
  // As many rows as there is room for beside the pairs and heads of one.
  const int64_t x = power_of_two((half + kPairs - 1) / kPairs, kThreads);
  const int64_t y = power_of_two(args.heads, kThreads / x);
  const int64_t z = std::min(kThreads / (x * y), kMostInZ);
  const dim3 block(static_cast<unsigned>(x), static_cast<unsigned>(y), static_cast<unsigned>(z));
  const dim3 grid = grid_of("rope", (args.rows + z - 1) / z);
  launch("rope", wide ? rotate<T, true> : rotate<T, false>, grid, block, stream, args);
}

template void rope_cuda(const Rope<float>&, void*);
template void rope_cuda(const Rope<bfloat16>&, void*);

}  // namespace vqat::kernels
