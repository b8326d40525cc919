// Pillow's bicubic weights, bit for bit: the order of operations in double matters here, and so does the
// absence of fused multiply-add, which CMakeLists.txt switches off for this file.
#include "kernels/resize/resize_weights.h"

#include <algorithm>
#include <cmath>

namespace vqat::kernels {
namespace {

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

}  // namespace

ResizeAxis resize_axis(int64_t in, int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double filter_scale = std::max(scale, 1.0);
  const double support = 2 * filter_scale;
  const double inverse = 1 / filter_scale;
  ResizeAxis axis;
  axis.taps = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  axis.first.resize(out);
  axis.count.resize(out);
  axis.weights.assign(out * axis.taps, 0);
  std::vector<double> raw(axis.taps);
  for (int64_t i = 0; i < out; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const int64_t low = std::max<int64_t>(static_cast<int64_t>(centre - support + 0.5), 0);
    const int64_t high = std::min<int64_t>(static_cast<int64_t>(centre + support + 0.5), in);
    double sum = 0;
    for (int64_t x = low; x < high; ++x) {
      raw[x - low] = cubic((static_cast<double>(x) - centre + 0.5) * inverse);
      sum += raw[x - low];
    }
    for (int64_t k = 0; k < high - low; ++k) {
      const double weight = raw[k] / sum * (1 << kResizeBits);
      axis.weights[i * axis.taps + k] = static_cast<int32_t>(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    axis.first[i] = low;
    axis.count[i] = high - low;
  }
  return axis;
}

}  // namespace vqat::kernels
