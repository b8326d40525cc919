// Case table of normalize: one pixel, odd sides, repeated, reordered and absent frames.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace vqat::kernels {

struct NormalizeCase {
  const char* name;
  int64_t frames, size;
  std::initializer_list<int32_t> index;
};

inline const NormalizeCase kNormalizeCases[] = {
    {"none", 2, 4, {}},
    {"one pixel", 1, 1, {0}},
    {"odd side", 3, 15, {2, 0, 0, -1, 1}},
    {"tiny model", 6, 56, {0, 1, 2, 3, 4, 5}},
    {"only absent", 1, 5, {-1, -1}},
    {"real side", 2, 448, {1, -1, 0}},
};

}  // namespace vqat::kernels
