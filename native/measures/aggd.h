// The asymmetric generalised Gaussian that fits values, by moments.
//
// Its shape is the nearest of the grid 0.2, 0.201 .. 10 by the squared difference of moment ratios, the lower
// of two that are equally near. Zeros are in neither tail and count in the moments of all. Where a tail has
// no value its spread is NaN, the other's stays, and the shape is 0.2. Source: Lasmar, Stitou, Berthoumieu,
// "Multiscale skewed heavy tailed model for texture analysis", ICIP 2009, as NIQE uses it.
#pragma once

#include <cstdint>
#include <vector>

namespace vqat::measures {

struct Aggd {
  double shape;
  double left, right;  // spread of each side
  double mean;
};

// Sums that a fit is made of.
struct AggdSums {
  double absolutes = 0, left_squares = 0, right_squares = 0;
  int64_t left_count = 0, right_count = 0, count = 0;
};

void add_to(AggdSums& sums, const double* values, int64_t count);
Aggd fit(const AggdSums& sums);

// The ratio of moments that belongs to each shape of the grid: rises strictly.
const std::vector<double>& aggd_ratios();
// The place in the grid of the shape whose ratio is nearest; 0 for NaN.
int64_t nearest_ratio(double ratio);

}  // namespace vqat::measures
