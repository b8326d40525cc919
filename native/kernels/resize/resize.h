// Bicubic resize of one RGB image, byte-equal to Pillow's. Contract and declarations.
//
// Two passes, each with antialiasing when it shrinks: horizontal into an 8-bit intermediate image, then
// vertical; an axis that keeps its size is skipped. Weights in double with a = -0.5, rounded to 22 fractional
// bits; sums in int32. The fast twin gives the same bytes as the reference. CPU only. Allocates the
// intermediate image.
// Source: Pillow before 12.2, Image.resize with its BICUBIC filter; later versions run the vertical pass
// first when only the height shrinks, which rounds differently there.
#pragma once

#include <cstdint>

#include "kernels/impl.h"

namespace vqat::kernels {

struct Resize {
  const uint8_t* in;   // [in_height, in_width, 3]
  int64_t in_width;    // >= 1
  int64_t in_height;   // >= 1
  uint8_t* out;        // [out_height, out_width, 3], written; no aliasing
  int64_t out_width;   // >= 1
  int64_t out_height;  // >= 1
};

void resize_ref(const Resize& args);
void resize_cpu(const Resize& args);

inline void resize(const Resize& args) { use_reference() ? resize_ref(args) : resize_cpu(args); }

}  // namespace vqat::kernels
