// Case table of rms_norm: sizes 1, odd, off the vector width, wider than a block of columns, more rows than a
// chunk.
#pragma once

#include <cstdint>

namespace vqat::kernels {

struct RmsNormCase {
  const char* name;
  int64_t rows, width;
  double scale;      // of the inputs
  double tolerance;  // float32, relative: a sum of `width` products in lanes
};

inline constexpr RmsNormCase kRmsNormCases[] = {
    {"empty", 0, 8, 1, 1e-6},        {"one", 1, 1, 1, 1e-6},
    {"odd", 3, 7, 1, 1e-6},          {"tiny model", 130, 96, 1, 1e-6},
    {"off by one", 5, 257, 1, 1e-6}, {"1B width", 9, 896, 1, 2e-6},
    {"8B width", 40, 3584, 1, 2e-6}, {"minute", 4, 64, 1e-6, 1e-6},
    {"large", 4, 64, 1e6, 1e-6},     {"zeros", 4, 33, 0, 1e-6},
    {"many rows", 700, 40, 1, 1e-6}, {"more parts than warps", 1100, 12, 1, 1e-6},
};

// Around a warp and a block of threads, in both directions.
inline constexpr RmsNormCase kRmsNormAwkwardCases[] = {
    {"5 x 1", 5, 1, 1, 1e-6},       {"5 x 2", 5, 2, 1, 1e-6},       {"5 x 31", 5, 31, 1, 1e-6},
    {"5 x 32", 5, 32, 1, 1e-6},     {"5 x 33", 5, 33, 1, 1e-6},     {"5 x 255", 5, 255, 1, 1e-6},
    {"5 x 256", 5, 256, 1, 1e-6},   {"3 x 1023", 3, 1023, 1, 2e-6}, {"3 x 1025", 3, 1025, 1, 2e-6},
    {"3 x 3200", 3, 3200, 1, 2e-6}, {"1 x 17", 1, 17, 1, 1e-6},     {"2 x 17", 2, 17, 1, 1e-6},
    {"31 x 17", 31, 17, 1, 1e-6},   {"32 x 17", 32, 17, 1, 1e-6},   {"33 x 17", 33, 17, 1, 1e-6},
    {"65 x 17", 65, 17, 1, 1e-6},   {"257 x 9", 257, 9, 1, 1e-6},
};

}  // namespace vqat::kernels
