// What the fast CPU twins share beside clones for wider vectors (base/clones.h): when to use threads, and exp
// that a loop can vectorise. Not for the references.
#pragma once

#include <bit>
#include <cstdint>

#include "base/clones.h"
#include "kernels/bf16.h"

// A helper with a loop of its own, which must become part of the clone that calls it.
#define VQAT_INLINE inline __attribute__((always_inline))

namespace vqat::kernels {

// Below this many elements a loop stays on one thread: starting threads costs about as much as the work.
inline constexpr int64_t kParallelElements = 1 << 15;

// A store to either type; the vectoriser does not see through an assignment of the class.
inline void store(float* to, float value) { *to = value; }
inline void store(bfloat16* to, float value) { to->bits = bf16_bits(value); }

// The value that a T keeps of a float.
template <class T>
inline float kept(float value) {
  if constexpr (std::is_same_v<T, float>) return value;
  return std::bit_cast<float>(static_cast<uint32_t>(bf16_bits(value)) << 16);
}

// exp(x) in float32 within 2e-7 relative; 0 below -87.3, held at exp(88.3) above, NaN for NaN.
inline float fast_exp(float x) {
  const float held = x < -87.3f ? -87.3f : (x > 88.3f ? 88.3f : x);
  // Adding 1.5 * 2^23 leaves round(held / ln 2) in the low bits of the sum.
  constexpr float kRound = 12582912.0f;
  const float shifted = held * 1.44269504f + kRound;
  const float n = shifted - kRound;
  // ln 2 in two parts, the first with trailing zeros, so that held - n * ln 2 loses nothing.
  const float r = (held - n * 0.693359375f) + n * 2.12194440e-4f;
  // Taylor to degree 7: the rest is below 1e-8 for |r| <= ln 2 / 2.
  float series = 1.0f / 5040;
  series = series * r + 1.0f / 720;
  series = series * r + 1.0f / 120;
  series = series * r + 1.0f / 24;
  series = series * r + 1.0f / 6;
  series = series * r + 0.5f;
  series = series * r + 1.0f;
  series = series * r + 1.0f;
  const uint32_t exponent = std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(kRound) + 127u;
  const float value = series * std::bit_cast<float>(exponent << 23);
  return x < -87.3f ? 0.0f : value;
}

}  // namespace vqat::kernels
