// Case table of token_logprob: one id, odd widths, tiles that divide the vocabulary and do not, the real
// vocabulary, strided rows, a tile wider than a block reads at once, cold and hot temperatures, logits far
// from zero.
#pragma once

#include <cstdint>

namespace vqat::kernels {

struct TokenLogprobCase {
  const char* name;
  int64_t rows, vocabulary, tile, row_stride;
  float inv_temperature;
  double scale, shift;  // of the logits
};

inline constexpr TokenLogprobCase kTokenLogprobCases[] = {
    {"empty", 0, 10, 10, 10, 1, 1, 0},
    {"one id", 3, 1, 1, 1, 1, 1, 0},
    {"odd", 5, 13, 4, 13, 1, 1, 0},
    {"one tile", 9, 332, 332, 332, 1, 2, 0},
    {"strided", 7, 500, 128, 200, 1.25f, 2, 0},
    {"real vocabulary", 2, 151674, 16384, 16384, 1, 3, 0},
    {"cold", 4, 700, 333, 333, 10, 3, 0},
    {"hot", 4, 700, 333, 333, 0.01f, 3, 0},
    {"shifted up", 4, 129, 64, 64, 1, 1, 3e4},
    {"shifted down", 4, 129, 64, 64, 1, 1, -3e4},
    {"wide and odd", 3, 9001, 9001, 9003, 1, 2, 0},
    {"all equal", 4, 257, 100, 100, 1, 0, 2},
};

}  // namespace vqat::kernels
