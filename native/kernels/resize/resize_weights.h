// The filter weights of one axis of a resize; both twins read them, so that they can only differ in the sums.
#pragma once

#include <cstdint>
#include <vector>

namespace vqat::kernels {

// For output i: sum over k in [0, count[i]) of weights[i * taps + k] * pixel[first[i] + k].
struct ResizeAxis {
  int64_t taps;                  // room per output
  std::vector<int64_t> first;    // [out]
  std::vector<int64_t> count;    // [out], <= taps
  std::vector<int32_t> weights;  // [out, taps], kResizeBits fractional bits, zeros after count
};

inline constexpr int kResizeBits = 22;

// in, out >= 1.
ResizeAxis resize_axis(int64_t in, int64_t out);

// A sum that started at half a unit, as a byte.
inline uint8_t resize_byte(int32_t sum) {
  const int32_t value = sum >> kResizeBits;
  return static_cast<uint8_t>(value < 0 ? 0 : (value > 255 ? 255 : value));
}

inline constexpr int32_t kResizeHalf = 1 << (kResizeBits - 1);

}  // namespace vqat::kernels
