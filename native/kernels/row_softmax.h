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

// sum_v exp((row[v] - base) * inv_temperature), subtracted first so that a large logit loses nothing; float32
// terms in double lanes: with float32 lanes the log-sum-exp of a row that one id dominates was off by 3e-6.
// NaN when a logit is NaN.
template <class T>
VQAT_CLONES static double row_exp_sum(const T* row, int64_t width, float inv_temperature, float base) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t v = 0; v < width; ++v) sum += fast_exp((static_cast<float>(row[v]) - base) * inv_temperature);
  return sum;
}

// row_exp_sum, to the bit, with the sum of the same terms each times its exponent, which is at most 0.
struct RowExpSums {
  double sum, below;
};
template <class T>
VQAT_CLONES static RowExpSums row_exp_sums(const T* row, int64_t width, float inv_temperature, float base) {
  double sum = 0, below = 0;
#pragma omp simd reduction(+ : sum, below)
  for (int64_t v = 0; v < width; ++v) {
    const float exponent = (static_cast<float>(row[v]) - base) * inv_temperature, term = fast_exp(exponent);
    sum += term;
    // -inf has no mass, and its product with 0 is not a number.
    below += term * (exponent < -87.3f ? -87.3f : exponent);
  }
  return {sum, below};
}

}  // namespace vqat::kernels
