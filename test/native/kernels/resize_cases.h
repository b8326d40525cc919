// Case table of resize: sizes 1, odd, up and down, one axis only, wider than the fast twin's span, real
// frames.
#pragma once

#include <cstdint>

namespace vqat::kernels {

struct ResizeCase {
  int64_t in_width, in_height, out_width, out_height;
};

inline constexpr ResizeCase kResizeCases[] = {
    {1, 1, 1, 1},     {1, 1, 5, 3},         {7, 5, 1, 1},         {2, 3, 3, 2},     {64, 48, 64, 48},
    {64, 48, 28, 28}, {64, 48, 80, 80},     {64, 48, 64, 28},     {64, 48, 31, 48}, {333, 17, 56, 56},
    {40, 31, 701, 3}, {640, 360, 112, 112}, {854, 480, 448, 448},
};

}  // namespace vqat::kernels
