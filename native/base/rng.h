// Counter-based random numbers: Philox4x32-10, the same numbers as its TypeScript twin.
// Knows the standard library only; holds no state, so every number can be made alone.
#pragma once

#include <array>
#include <cstdint>

namespace vqat {

// Ten rounds of Philox4x32 over one counter block.
// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
constexpr std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t even = uint64_t{0xD2511F53u} * counter[0];
    const uint64_t odd = uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<uint32_t>(odd >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(odd),
               static_cast<uint32_t>(even >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(even)};
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return counter;
}

// A uniform number in [0, 1), a multiple of 2^-53, named by (stream, a, b): for a sampled token, the prompt's
// stream, the sample's index and the position. Counter words (a, b, 0, 0); key words low and high half of
// `stream`.
constexpr double uniform(uint64_t stream, uint32_t a, uint32_t b) {
  const auto words =
      philox4x32({a, b, 0, 0}, {static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)});
  // 27 bits above 26 bits make the 53 bits of a double's mantissa.
  return ((words[0] >> 5) * 0x1p26 + (words[1] >> 6)) * 0x1p-53;
}

}  // namespace vqat
