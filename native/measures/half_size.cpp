#include "measures/half_size.h"

#include <array>

namespace vqat::measures {
namespace {

// A pixel of the half size lies between pixels 2 i and 2 i + 1 and takes four on either side.
constexpr int64_t kSide = 4;

double cubic(double x) { return x <= 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2; }

// By distance, nearest first; both sides together make 1.
std::array<double, kSide> weights() {
  std::array<double, kSide> all;
  double sum = 0;
  for (int64_t k = 0; k < kSide; ++k) {
    all[k] = 0.5 * cubic(0.5 * (static_cast<double>(k) + 0.5));
    sum += 2 * all[k];
  }
  for (double& weight : all) weight /= sum;
  return all;
}

int64_t mirrored(int64_t place, int64_t size) {
  if (place < 0) return -1 - place;
  return place < size ? place : 2 * size - 1 - place;
}

}  // namespace

Plane half_size(const Plane& picture) {
  const auto w = weights();
  const int64_t width = picture.width, height = picture.height;
  Plane low(width, height / 2);
  for (int64_t y = 0; y < low.height; ++y) {
    double* out = low.row(y);
    for (int64_t k = 0; k < kSide; ++k) {
      const double* above = picture.row(mirrored(2 * y - k, height));
      const double* below = picture.row(mirrored(2 * y + 1 + k, height));
      for (int64_t x = 0; x < width; ++x) out[x] += w[k] * (above[x] + below[x]);
    }
  }
  Plane small(width / 2, low.height);
  std::vector<double> line(width + 2 * kSide);
  for (int64_t y = 0; y < low.height; ++y) {
    for (int64_t x = -kSide; x < width + kSide; ++x) line[kSide + x] = low.row(y)[mirrored(x, width)];
    double* out = small.row(y);
    for (int64_t x = 0; x < small.width; ++x) {
      const double* at = line.data() + kSide + 2 * x;
      for (int64_t k = 0; k < kSide; ++k) out[x] += w[k] * (at[-k] + at[1 + k]);
    }
  }
  return small;
}

}  // namespace vqat::measures
