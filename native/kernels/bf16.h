// The 16-bit float that kernels store: the upper half of a float32, same layout as at::BFloat16.
// A storage type only: kernels convert to float, compute, and convert back. Also read by the CUDA compiler.
#pragma once

#include <cstdint>
#include <type_traits>

#ifdef __CUDACC__
#define VQAT_HOST_DEVICE __host__ __device__
#else
#define VQAT_HOST_DEVICE
#endif

namespace vqat::kernels {

// Round to nearest, ties to even; a NaN stays a NaN.
VQAT_HOST_DEVICE inline uint16_t bf16_bits(float value) {
  uint32_t word;
  __builtin_memcpy(&word, &value, sizeof word);
  const uint32_t rounded = (word + 0x7FFFu + ((word >> 16) & 1u)) >> 16;
  return static_cast<uint16_t>(value != value ? 0x7FC0u : rounded);
}

struct bfloat16 {
  uint16_t bits;

  bfloat16() = default;
  VQAT_HOST_DEVICE inline bfloat16(float value) : bits(bf16_bits(value)) {}
  VQAT_HOST_DEVICE inline operator float() const {
    const uint32_t word = static_cast<uint32_t>(bits) << 16;
    float value;
    __builtin_memcpy(&value, &word, sizeof value);
    return value;
  }
};

static_assert(sizeof(bfloat16) == 2 && std::is_trivially_copyable_v<bfloat16>);

}  // namespace vqat::kernels
