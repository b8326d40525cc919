// Case table of rope: one pair, odd half widths, strided rows, real head widths, more rows, heads or pairs
// than a block has threads for.
#pragma once

#include <cstdint>

namespace vqat::kernels {

struct RopeCase {
  const char* name;
  int64_t rows, heads, head_dim, row_stride, positions;
};

inline constexpr RopeCase kRopeCases[] = {
    {"empty", 0, 2, 8, 16, 4},
    {"one pair", 1, 1, 2, 2, 3},
    {"odd half", 5, 3, 6, 18, 9},
    {"strided", 7, 2, 24, 100, 40},
    {"0.5B heads", 33, 14, 64, 896, 500},
    {"8B heads", 12, 28, 128, 4608, 6000},
    {"same position", 4, 4, 24, 96, 1},
    {"short rows", 130, 1, 4, 4, 9},
    {"many heads", 3, 300, 2, 604, 5},
    {"very wide head", 2, 2, 4104, 8208, 7},
};

}  // namespace vqat::kernels
