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

// Heads of one pair and of hundreds, gaps of every kind, more rows than a block has threads, pairs around a
// block.
inline constexpr RopeCase kRopeAwkwardCases[] = {
    {"one pair a row", 3, 1, 2, 2, 5},
    {"wide head", 3, 1, 514, 520, 20},
    {"17 x 17 pairs", 2, 17, 34, 1000, 50},
    {"wide row", 2, 64, 128, 64 * 128, 30},
    {"many rows", 257, 2, 8, 24, 300},
    {"255 pairs", 2, 5, 102, 510, 9},
    {"256 pairs", 2, 8, 64, 512, 9},
    {"257 pairs", 2, 257, 2, 515, 9},
    {"one gap", 3, 3, 6, 19, 4},
};

}  // namespace vqat::kernels
