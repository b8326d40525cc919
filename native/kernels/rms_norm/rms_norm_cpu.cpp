// RMS norm, fast: one row at a time over threads, two reads of the row and one write; sums in float32 lanes,
// joined in double. The weight's gradient runs over blocks of columns instead, so that no two threads share a
// sum and the result does not depend on their number; it reads dy and x once more.
#include <algorithm>
#include <cmath>

#include "kernels/fast.h"
#include "kernels/rms_norm/rms_norm.h"

namespace vqat::kernels {
namespace {

constexpr int64_t kColumns = 256;  // summed in float32 at a time; a block of them fits in registers and L1
constexpr int64_t kRows = 128;     // summed before joining the total, which keeps float32 sums short

template <class T>
VQAT_CLONES static float forward_row(const T* x, const T* weight, T* y, int64_t width, float eps) {
  double squares = 0;
  for (int64_t begin = 0; begin < width; begin += kColumns) {
    const int64_t end = std::min(begin + kColumns, width);
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (int64_t j = begin; j < end; ++j) part += static_cast<float>(x[j]) * static_cast<float>(x[j]);
    squares += part;
  }
  const float rstd = static_cast<float>(1 / std::sqrt(squares / static_cast<double>(width) + eps));
#pragma omp simd
  for (int64_t j = 0; j < width; ++j) {
    store(y + j, kept<T>(static_cast<float>(x[j]) * rstd) * static_cast<float>(weight[j]));
  }
  return rstd;
}

template <class T>
VQAT_CLONES static void backward_row(const T* dy, const T* x, const T* weight, float rstd, T* dx,
                                     int64_t width) {
  double dot = 0;
  for (int64_t begin = 0; begin < width; begin += kColumns) {
    const int64_t end = std::min(begin + kColumns, width);
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (int64_t j = begin; j < end; ++j) {
      part += static_cast<float>(dy[j]) * static_cast<float>(weight[j]) * static_cast<float>(x[j]);
    }
    dot += part;
  }
  const float pull = static_cast<float>(dot * rstd * rstd / static_cast<double>(width));
#pragma omp simd
  for (int64_t j = 0; j < width; ++j) {
    const float direct = static_cast<float>(dy[j]) * static_cast<float>(weight[j]);
    store(dx + j, rstd * (direct - static_cast<float>(x[j]) * pull));
  }
}

template <class T>
VQAT_CLONES static void weight_columns(const RmsNormBackward<T>& args, int64_t begin, int64_t count) {
  float total[kColumns] = {};
  for (int64_t first = 0; first < args.rows; first += kRows) {
    float part[kColumns] = {};
    for (int64_t i = first; i < std::min(first + kRows, args.rows); ++i) {
      const T* dy = args.dy + i * args.width + begin;
      const T* x = args.x + i * args.width + begin;
      const float rstd = args.rstd[i];
#pragma omp simd
      for (int64_t j = 0; j < count; ++j) {
        part[j] += static_cast<float>(dy[j]) * kept<T>(static_cast<float>(x[j]) * rstd);
      }
    }
    for (int64_t j = 0; j < count; ++j) total[j] += part[j];
  }
  for (int64_t j = 0; j < count; ++j) args.dweight[begin + j] += total[j];
}

}  // namespace

template <class T>
void rms_norm_forward_cpu(const RmsNormForward<T>& args) {
#pragma omp parallel for if (args.rows * args.width > kParallelElements)
  for (int64_t i = 0; i < args.rows; ++i) {
    const float rstd =
        forward_row(args.x + i * args.width, args.weight, args.y + i * args.width, args.width, args.eps);
    if (args.rstd) args.rstd[i] = rstd;
  }
}

template <class T>
void rms_norm_backward_cpu(const RmsNormBackward<T>& args) {
  const bool threads = args.rows * args.width > kParallelElements;
  // Before dx, which may overwrite dy.
  if (args.dweight) {
#pragma omp parallel for if (threads)
    for (int64_t begin = 0; begin < args.width; begin += kColumns) {
      weight_columns(args, begin, std::min(kColumns, args.width - begin));
    }
  }
#pragma omp parallel for if (threads)
  for (int64_t i = 0; i < args.rows; ++i) {
    const int64_t at = i * args.width;
    backward_row(args.dy + at, args.x + at, args.weight, args.rstd[i], args.dx + at, args.width);
  }
}

template void rms_norm_forward_cpu(const RmsNormForward<float>&);
template void rms_norm_forward_cpu(const RmsNormForward<bfloat16>&);
template void rms_norm_backward_cpu(const RmsNormBackward<float>&);
template void rms_norm_backward_cpu(const RmsNormBackward<bfloat16>&);

}  // namespace vqat::kernels
