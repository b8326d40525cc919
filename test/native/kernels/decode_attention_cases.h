// Case table of decode_attention: one position, no prompt, head widths off the vector and of every number of
// chunks, more queries than a vector or a tile, groups of every size in and out of order, runs of every
// length, positions in one part and in many, parts of several tiles, real head counts.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace vqat::kernels {

struct DecodeAttentionCase {
  const char* name;
  std::initializer_list<int64_t> prompts;  // length of each
  std::initializer_list<int32_t> group;    // of each active row
  int64_t heads, kv_heads, head_dim, max_new;
  double scale;  // of the queries: 1 gives mild scores, 30 nearly one-hot ones
};

inline const DecodeAttentionCase kDecodeAttentionCases[] = {
    {"no rows", {4}, {}, 2, 1, 8, 4, 1},
    {"first token, no prompt", {0}, {0}, 2, 1, 8, 1, 1},
    {"one of each", {3}, {0}, 1, 1, 1, 2, 1},
    {"tiny model", {21, 34}, {0, 0, 0, 0, 1, 1, 1, 1}, 4, 2, 24, 40, 1},
    {"uneven groups", {5, 0, 129}, {0, 2, 2, 2, 1, 1, 2, 0}, 6, 2, 20, 9, 1},
    {"0.5B heads", {65, 300}, {0, 0, 0, 1, 1, 1, 1, 1}, 14, 2, 64, 70, 1},
    {"8B heads", {200}, {0, 0, 0, 0}, 28, 4, 128, 33, 1},
    {"more heads than lanes", {17}, {0, 0, 0}, 40, 2, 16, 5, 1},
    {"no sharing of heads",
     {17, 3},
     {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0},
     3,
     3,
     33,
     5,
     1},
    {"sharp", {77}, {0, 0, 0, 0}, 4, 2, 24, 20, 30},
    {"parts of several tiles", {1000, 130}, {0, 0, 0, 0, 1, 1, 1, 1}, 64, 64, 8, 300, 1},
    {"runs of 1, 4, 16 and 33, and a prompt again",
     {70, 0, 64, 129},
     {0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3,
      3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 2},
     14,
     2,
     8,
     66,
     1},
    {"a run of three tiles of 32 rows",
     {65},
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
     2,
     2,
     4,
     3,
     1},
    {"heads in two tiles", {70}, {0, 0, 0}, 33, 1, 16, 5, 1},
    {"part of the second chunk", {90}, {0, 0}, 4, 2, 96, 70, 1},
    {"three chunks", {66, 63}, {0, 1, 1}, 6, 2, 192, 65, 1},
    {"widest head", {130}, {0, 0, 0}, 33, 1, 256, 9, 1},
    {"wide head off the vector", {65}, {0, 0}, 4, 2, 130, 5, 1},
    {"chunks off the vector", {65}, {0, 0}, 4, 2, 100, 5, 1},
};

// Every kind of head width, prompts of nothing, around a warp and around a block of warps.
inline const DecodeAttentionCase kDecodeAttentionAwkwardCases[] = {
    {"head width 1", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 1, 3, 1},
    {"head width 2", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 2, 3, 1},
    {"head width 8", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 8, 3, 1},
    {"head width 31", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 31, 3, 1},
    {"head width 32", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 32, 3, 1},
    {"head width 33", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 33, 3, 1},
    {"head width 80", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 80, 3, 1},
    {"head width 96", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 96, 3, 1},
    {"head width 160", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 160, 3, 1},
    {"head width 255", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 255, 3, 1},
    {"head width 256", {7, 8, 9, 0, 1}, {0, 1, 2, 3, 4, 2}, 4, 2, 256, 3, 1},
    {"one position", {1}, {0}, 1, 1, 64, 1, 1},
    {"five heads", {100}, {0, 0, 0}, 5, 5, 40, 11, 1},
    {"one head of keys", {255, 257}, {1, 0}, 12, 1, 16, 2, 1},
    {"prompts around a warp", {31, 32, 33, 63, 64, 65}, {5, 4, 3, 2, 1, 0}, 2, 1, 24, 2, 1},
    {"no prompts", {0, 0}, {1, 0, 1}, 2, 2, 8, 40, 1},
    {"a long prompt", {2051}, {0, 0}, 2, 1, 24, 3, 1},
};

}  // namespace vqat::kernels
