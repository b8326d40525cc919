#include "measures/local_contrast.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/clones.h"
#include "base/safe_point.h"

namespace vqat::measures {
namespace {

constexpr int64_t kReach = 3;
constexpr double kSigma = 7.0 / 6.0;
constexpr double kOffset = 1.0;  // C of the paper's equation 1

// At distance 0 to kReach; both sides together make 1.
using Weights = std::array<double, kReach + 1>;

Weights window() {
  Weights weights;
  double sum = 0;
  for (int64_t d = 0; d <= kReach; ++d) {
    weights[d] = std::exp(-static_cast<double>(d * d) / (2 * kSigma * kSigma));
    sum += d == 0 ? weights[d] : 2 * weights[d];
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

using Rows = std::array<const double*, 2 * kReach + 1>;

// Down the columns, of the values and of their squares; out points behind the left border.
VQAT_CLONES void filter_rows(const Rows& rows, const Weights& w, int64_t width, double* mean,
                             double* square) {
  for (int64_t x = 0; x < width; ++x) {
    const double middle = rows[kReach][x];
    double sum = w[0] * middle, squares = w[0] * (middle * middle);
    for (int64_t d = 1; d <= kReach; ++d) {
      const double above = rows[kReach - d][x], below = rows[kReach + d][x];
      sum += w[d] * (above + below);
      squares += w[d] * (above * above + below * below);
    }
    mean[x] = sum;
    square[x] = squares;
  }
}

void extend(std::vector<double>& line, int64_t width) {
  std::fill_n(line.begin(), kReach, line[kReach]);
  std::fill_n(line.begin() + kReach + width, kReach, line[kReach + width - 1]);
}

inline double along(const double* at, const Weights& w) {
  double sum = w[0] * at[0];
  for (int64_t d = 1; d <= kReach; ++d) sum += w[d] * (at[-d] + at[d]);
  return sum;
}

// Along a row, of means and squares that go on beyond both borders.
VQAT_CLONES void finish_row(const double* pixels, const double* means, const double* squares,
                            const Weights& w, int64_t width, double* normalised, double* deviation) {
  for (int64_t x = 0; x < width; ++x) {
    const double mean = along(means + x, w);
    const double variance = std::abs(along(squares + x, w) - mean * mean);
    const double difference = pixels[x] - mean;
    deviation[x] = variance < kFlat ? 0 : std::sqrt(variance);
    normalised[x] = std::abs(difference) < kFlat ? 0 : difference / (deviation[x] + kOffset);
  }
}

}  // namespace

LocalContrast local_contrast(const Plane& picture) {
  const int64_t width = picture.width, height = picture.height;
  const auto w = window();
  LocalContrast out{Plane(width, height), Plane(width, height)};
  std::vector<double> means(width + 2 * kReach), squares(width + 2 * kReach);
  for (int64_t y = 0; y < height; ++y) {
    safe_point();
    Rows rows;
    for (int64_t d = -kReach; d <= kReach; ++d)
      rows[kReach + d] = picture.row(std::clamp<int64_t>(y + d, 0, height - 1));
    filter_rows(rows, w, width, means.data() + kReach, squares.data() + kReach);
    extend(means, width);
    extend(squares, width);
    finish_row(picture.row(y), means.data() + kReach, squares.data() + kReach, w, width,
               out.normalised.row(y), out.deviation.row(y));
  }
  return out;
}

}  // namespace vqat::measures
