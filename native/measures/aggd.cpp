#include "measures/aggd.h"

#include <algorithm>
#include <cmath>

namespace vqat::measures {
namespace {

constexpr double kLowest = 0.2, kStep = 0.001;
constexpr int64_t kShapes = 9801;
// Partial sums that one instruction may add to.
constexpr int64_t kLanes = 4;

double shape_at(int64_t place) { return kLowest + kStep * static_cast<double>(place); }

double ratio_of(double shape) {
  const double middle = std::tgamma(2 / shape);
  return middle * middle / (std::tgamma(1 / shape) * std::tgamma(3 / shape));
}

struct Lanes {
  double of[kLanes] = {};

  double sum() const {
    double all = 0;
    for (const double one : of) all += one;
    return all;
  }
};

double squared(double x) { return x * x; }

}  // namespace

const std::vector<double>& aggd_ratios() {
  static const std::vector<double> ratios = [] {
    std::vector<double> all(kShapes);
    for (int64_t i = 0; i < kShapes; ++i) all[i] = ratio_of(shape_at(i));
    return all;
  }();
  return ratios;
}

int64_t nearest_ratio(double ratio) {
  if (std::isnan(ratio)) return 0;
  const std::vector<double>& ratios = aggd_ratios();
  const auto above = std::lower_bound(ratios.begin(), ratios.end(), ratio);
  if (above == ratios.begin()) return 0;
  const int64_t place = above - ratios.begin();
  if (above == ratios.end()) return place - 1;
  return squared(above[-1] - ratio) <= squared(*above - ratio) ? place - 1 : place;
}

void AggdSums::add(const double* values, int64_t count) {
  Lanes absolutes, squares, left_squares, right_squares, left_count, right_count;
  const auto take = [&](double value, int64_t lane) {
    const double square = value * value;
    absolutes.of[lane] += std::abs(value);
    squares.of[lane] += square;
    left_squares.of[lane] += value < 0 ? square : 0;
    right_squares.of[lane] += value > 0 ? square : 0;
    left_count.of[lane] += value < 0 ? 1 : 0;
    right_count.of[lane] += value > 0 ? 1 : 0;
  };
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int64_t lane = 0; lane < kLanes; ++lane) take(values[i + lane], lane);
  for (; i < count; ++i) take(values[i], 0);
  absolutes_ += absolutes.sum();
  squares_ += squares.sum();
  left_squares_ += left_squares.sum();
  right_squares_ += right_squares.sum();
  left_count_ += left_count.sum();
  right_count_ += right_count.sum();
  count_ += count;
}

Aggd AggdSums::fit() const {
  const auto count = static_cast<double>(count_);
  const double left = std::sqrt(left_squares_ / left_count_);
  const double right = std::sqrt(right_squares_ / right_count_);
  const double skew = left / right;
  const double ratio = squared(absolutes_ / count) / (squares_ / count);
  const double wanted = ratio * (skew * skew * skew + 1) * (skew + 1) / squared(skew * skew + 1);
  const double shape = shape_at(nearest_ratio(wanted));
  const double one = std::tgamma(1 / shape);
  const double spread = std::sqrt(one / std::tgamma(3 / shape));
  return {.shape = shape,
          .left = left * spread,
          .right = right * spread,
          .mean = (right * spread - left * spread) * std::tgamma(2 / shape) / one};
}

}  // namespace vqat::measures
