#include "measures/aggd.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/clones.h"

namespace vqat::measures {
namespace {

constexpr double kLowest = 0.2, kStep = 0.001;
constexpr int64_t kShapes = 9801;
// Partial sums that one instruction may add to.
constexpr int64_t kLanes = 4;
using Lanes = double __attribute__((vector_size(kLanes * sizeof(double))));
using Counts = int64_t __attribute__((vector_size(kLanes * sizeof(int64_t))));

double shape_at(int64_t place) { return kLowest + kStep * static_cast<double>(place); }

double ratio_of(double shape) {
  const double middle = std::tgamma(2 / shape);
  return middle * middle / (std::tgamma(1 / shape) * std::tgamma(3 / shape));
}

template <class V>
auto sum_of(const V& lanes) {
  auto all = lanes[0];
  for (int64_t i = 1; i < kLanes; ++i) all += lanes[i];
  return all;
}

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

VQAT_CLONES void add_to(AggdSums& sums, const double* values, int64_t count) {
  const Lanes zero{};
  Lanes absolutes{}, left_squares{}, right_squares{};
  Counts left_count{}, right_count{};
  for (int64_t i = 0; i < count; i += kLanes) {
    Lanes value{};
    std::memcpy(&value, values + i, std::min(kLanes, count - i) * sizeof(double));
    const auto is_left = value<zero, is_right = value> zero;
    const Lanes left = is_left ? value : zero, right = is_right ? value : zero;
    absolutes += right - left;
    left_squares += left * left;
    right_squares += right * right;
    left_count -= is_left;  // a comparison that holds is -1
    right_count -= is_right;
  }
  sums.absolutes += sum_of(absolutes);
  sums.left_squares += sum_of(left_squares);
  sums.right_squares += sum_of(right_squares);
  sums.left_count += sum_of(left_count);
  sums.right_count += sum_of(right_count);
  sums.count += count;
}

Aggd fit(const AggdSums& sums) {
  const auto count = static_cast<double>(sums.count);
  const double left = std::sqrt(sums.left_squares / static_cast<double>(sums.left_count));
  const double right = std::sqrt(sums.right_squares / static_cast<double>(sums.right_count));
  const double skew = left / right;
  const double ratio = squared(sums.absolutes / count) / ((sums.left_squares + sums.right_squares) / count);
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
