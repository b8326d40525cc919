// The sizes of a model, as numbers; every derived size is computed here.
#pragma once

#include <cstdint>

namespace vqat::model {

struct VisionGeometry {
  int64_t hidden = 0, layers = 0, heads = 0, intermediate = 0, patch = 0;
  int64_t image_size = 0;  // pixels a side that the position table was trained for
  bool rms = false;        // norm of a block: RMS, else layer norm
  double norm_eps = 0;
  bool qk_norm = false;

  int64_t trained_grid() const { return image_size / patch; }
  // Visual tokens of one square frame of `size` pixels, after the 2×2 pixel shuffle.
  int64_t tokens(int64_t size) const { return (size / patch / 2) * (size / patch / 2); }
};

// A row of qkv: the heads of the queries, then those of the keys, then those of the values.
struct HeadLayout {
  int64_t heads, kv_heads, width;
};

struct LanguageGeometry {
  int64_t hidden = 0, layers = 0, heads = 0, kv_heads = 0, head_width = 0, intermediate = 0, vocabulary = 0;
  double norm_eps = 0;
  double rope_theta = 0;
  double rope_factor = 1;  // dynamic NTK; acts beyond max_positions only
  int64_t max_positions = 0;

  HeadLayout layout() const { return {heads, kv_heads, head_width}; }
};

struct ModelGeometry {
  VisionGeometry vision;
  LanguageGeometry language;
  int64_t image_token = 0;
};

}  // namespace vqat::model
