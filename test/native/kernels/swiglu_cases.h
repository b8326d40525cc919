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

// Around a block of threads and the vectors that it may load.
inline constexpr SwigluCase kSwigluAwkwardCases[] = {
    {"3 x 2", 3, 2, 1},     {"3 x 127", 3, 127, 1}, {"3 x 128", 3, 128, 1}, {"3 x 129", 3, 129, 1},
    {"3 x 255", 3, 255, 1}, {"3 x 256", 3, 256, 1}, {"3 x 257", 3, 257, 1}, {"3 x 1000", 3, 1000, 1},
    {"257 x 1", 257, 1, 1}, {"40 x 31", 40, 31, 1},
};

}  // namespace vqat::kernels
