// Maximum and sum of exponentials of a row of logits, for the fast twins of token_logprob and sample: the two
// must agree, because the sampler's log-probability is compared with the trainer's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/fast.h"

namespace vqat::kernels {

template <class T>
VQAT_CLONES static float row_max(const T* row, int64_t width) {
  float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
  for (int64_t v = 0; v < width; ++v) largest = std::max(largest, static_cast<float>(row[v]));
  return largest;
}

// sum_v exp(row[v] * inv_temperature - base). float32 lanes join a double every 1024 columns, so that the
// log-sum-exp stays within a few float32 units at any vocabulary. NaN when a logit is NaN.
template <class T>
VQAT_CLONES static double row_exp_sum(const T* row, int64_t width, float inv_temperature, float base) {
  constexpr int64_t kChunk = 1024;
  double total = 0;
  for (int64_t begin = 0; begin < width; begin += kChunk) {
    const int64_t end = std::min(begin + kChunk, width);
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (int64_t v = begin; v < end; ++v) {
      part += fast_exp(static_cast<float>(row[v]) * inv_temperature - base);
    }
    total += part;
  }
  return total;
}

}  // namespace vqat::kernels
