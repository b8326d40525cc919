// Rotary embedding, fast: rows over threads, pairs over vector lanes; each value is read and written once.
#include "kernels/fast.h"
#include "kernels/rope/rope.h"

namespace vqat::kernels {
namespace {

// `sign` is -1 for the inverse rotation.
template <class T>
VQAT_CLONES static void rotate_row(T* row, const float* cosine, const float* sine, float sign, int64_t heads,
                                   int64_t half) {
  for (int64_t h = 0; h < heads; ++h) {
    T* low = row + h * 2 * half;
    T* high = low + half;
#pragma omp simd
    for (int64_t j = 0; j < half; ++j) {
      const float lo = low[j];
      const float hi = high[j];
      const float s = sign * sine[j];
      store(low + j, lo * cosine[j] - hi * s);
      store(high + j, hi * cosine[j] + lo * s);
    }
  }
}

}  // namespace

template <class T>
void rope_cpu(const Rope<T>& args) {
  const int64_t half = args.head_dim / 2;
#pragma omp parallel for if (args.rows * args.heads * args.head_dim > kParallelElements)
  for (int64_t m = 0; m < args.rows; ++m) {
    const int64_t at = args.positions[m] * half;
    rotate_row(args.x + m * args.row_stride, args.cos + at, args.sin + at, args.inverse ? -1.0f : 1.0f,
               args.heads, half);
  }
}

template void rope_cpu(const Rope<float>&);
template void rope_cpu(const Rope<bfloat16>&);

}  // namespace vqat::kernels
