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

// Vocabularies and tiles around a warp and a block, a tile of one id, more rows than a block has threads.
inline constexpr TokenLogprobCase kTokenLogprobAwkwardCases[] = {
    {"2 ids", 3, 2, 2, 2, 1, 2, 0},
    {"2 ids by 1", 3, 2, 1, 1, 1.25f, 2, 1},
    {"31 ids", 3, 31, 31, 31, 1, 2, 0},
    {"31 ids by 10", 3, 31, 10, 10, 1.25f, 2, 1},
    {"32 ids", 3, 32, 32, 32, 1, 2, 0},
    {"32 ids by 10", 3, 32, 10, 10, 1.25f, 2, 1},
    {"33 ids", 3, 33, 33, 33, 1, 2, 0},
    {"33 ids by 11", 3, 33, 11, 11, 1.25f, 2, 1},
    {"255 ids", 3, 255, 255, 255, 1, 2, 0},
    {"255 ids by 85", 3, 255, 85, 85, 1.25f, 2, 1},
    {"256 ids", 3, 256, 256, 256, 1, 2, 0},
    {"256 ids by 85", 3, 256, 85, 85, 1.25f, 2, 1},
    {"257 ids", 3, 257, 257, 257, 1, 2, 0},
    {"257 ids by 85", 3, 257, 85, 85, 1.25f, 2, 1},
    {"600 ids", 3, 600, 600, 600, 1, 2, 0},
    {"600 ids by 200", 3, 600, 200, 200, 1.25f, 2, 1},
    {"many rows", 300, 9, 4, 5, 1, 2, 0},
    {"an id a tile", 2, 300, 1, 1, 1, 2, 0},
    {"hot, shifted", 2, 100, 50, 50, 1e-3f, 2, -50},
};

}  // namespace vqat::kernels
