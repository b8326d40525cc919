// One channel of a picture in double.
#pragma once

#include <cstdint>
#include <vector>

namespace vqat::measures {

struct Plane {
  int64_t width, height;
  std::vector<double> values;  // [height, width]

  Plane(int64_t columns, int64_t rows) : width(columns), height(rows), values(columns * rows) {}
  double* row(int64_t y) { return values.data() + y * width; }
  const double* row(int64_t y) const { return values.data() + y * width; }
};

}  // namespace vqat::measures
