// Case table of swiglu: sizes 1, odd, off the vector width, real widths, saturated gates.
#pragma once

#include <cstdint>

namespace vqat::kernels {

struct SwigluCase {
  const char* name;
  int64_t rows, width;
  double scale;  // of the inputs; at 60 gates reach past the range of exp in float32
};

inline constexpr SwigluCase kSwigluCases[] = {
    {"empty", 0, 4, 1},       {"one", 1, 1, 1},          {"odd", 3, 7, 1},         {"tiny model", 65, 192, 1},
    {"off by one", 2, 33, 4}, {"8B width", 3, 18944, 1}, {"saturated", 9, 65, 60}, {"zeros", 2, 17, 0},
};

}  // namespace vqat::kernels
