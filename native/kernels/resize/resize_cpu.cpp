// Bicubic resize, fast: the weights of each axis are made once; lines over threads in both passes.
// Horizontal: three channel sums per pixel. Vertical: whole lines over vector lanes, sums of one output line
// kept in int32.
#include <algorithm>
#include <vector>

#include "kernels/fast.h"
#include "kernels/resize/resize.h"
#include "kernels/resize/resize_weights.h"

namespace vqat::kernels {
namespace {

constexpr int64_t kSpan = 1024;  // bytes of a line summed at once: 4 KiB of sums stay in L1

VQAT_CLONES void horizontal_line(const uint8_t* from, uint8_t* to, const ResizeAxis& axis, int64_t out) {
  for (int64_t i = 0; i < out; ++i) {
    const uint8_t* pixel = from + axis.first[i] * 3;
    const int32_t* weights = axis.weights.data() + i * axis.taps;
    int32_t red = kResizeHalf, green = kResizeHalf, blue = kResizeHalf;
    for (int64_t k = 0; k < axis.count[i]; ++k) {
      red += weights[k] * pixel[3 * k];
      green += weights[k] * pixel[3 * k + 1];
      blue += weights[k] * pixel[3 * k + 2];
    }
    to[3 * i] = resize_byte(red);
    to[3 * i + 1] = resize_byte(green);
    to[3 * i + 2] = resize_byte(blue);
  }
}

// One output line from its source lines, `line` bytes apart.
VQAT_CLONES void vertical_line(const uint8_t* from, uint8_t* to, const int32_t* weights, int64_t count,
                               int64_t line) {
  for (int64_t begin = 0; begin < line; begin += kSpan) {
    const int64_t span = std::min(kSpan, line - begin);
    int32_t sums[kSpan];
    std::fill_n(sums, span, kResizeHalf);
    for (int64_t k = 0; k < count; ++k) {
      const uint8_t* source = from + k * line + begin;
      const int32_t weight = weights[k];
      for (int64_t x = 0; x < span; ++x) sums[x] += weight * source[x];
    }
    for (int64_t x = 0; x < span; ++x) to[begin + x] = resize_byte(sums[x]);
  }
}

}  // namespace

void resize_cpu(const Resize& args) {
  const int64_t out_line = args.out_width * 3;
  const uint8_t* source = args.in;
  std::vector<uint8_t> middle;
  if (args.in_width != args.out_width) {
    const ResizeAxis axis = resize_axis(args.in_width, args.out_width);
    middle.resize(args.in_height * out_line);
#pragma omp parallel for if (args.in_height * out_line > kParallelElements)
    for (int64_t y = 0; y < args.in_height; ++y) {
      horizontal_line(args.in + y * args.in_width * 3, middle.data() + y * out_line, axis, args.out_width);
    }
    source = middle.data();
  }
  if (args.in_height == args.out_height) {
    std::copy_n(source, args.out_height * out_line, args.out);
    return;
  }
  const ResizeAxis axis = resize_axis(args.in_height, args.out_height);
#pragma omp parallel for if (args.out_height * out_line > kParallelElements)
  for (int64_t y = 0; y < args.out_height; ++y) {
    vertical_line(source + axis.first[y] * out_line, args.out + y * out_line,
                  axis.weights.data() + y * axis.taps, axis.count[y], out_line);
  }
}

}  // namespace vqat::kernels
