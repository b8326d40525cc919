// Chooses one token per row of logits, with its log-probability. Contract and declarations.
//
// logprob: of the full softmax at the temperature (at 1 when greedy), before bans, top-k and top-p, so that
// it equals what token_logprob computes. Then, in this order: banned ids fall away; the top_k largest logits
// stay; of those, in falling order, the shortest run whose share of the remaining mass reaches top_p stays
// (at least one). Equal logits rank by id, lower first. Of the ids that stay, in rising id order, the first
// whose cumulative mass exceeds uniform * mass is chosen. Greedy (temperature 0) takes the largest logit that
// is not banned, lowest id on ties.
//
// A row gives token -1 and logprob NaN when a logit is NaN or +inf, or no id is left; the caller refuses it.
// Weights are float32, sums double (reference: double). Allocates a row of scratch per thread.
// Deterministic; a row's result depends on its own inputs alone.
// Source: Fan et al. 2018 (top-k); Holtzman et al. 2020 (top-p).
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/impl.h"

namespace vqat::kernels {

template <class T>
struct Sample {
  const T* logits;        // [rows, vocabulary] with row_stride; -inf is allowed
  const double* uniform;  // [rows], in [0, 1); may be null when greedy
  const uint8_t* banned;  // [vocabulary], nonzero: never chosen; or null
  int32_t* tokens;        // [rows], written
  float* logprobs;        // [rows], written
  int64_t rows;           // >= 0
  int64_t vocabulary;     // >= 1
  int64_t row_stride;     // elements, >= vocabulary
  float temperature;      // >= 0; 0: greedy
  int64_t top_k;          // 0: all
  double top_p;           // in (0, 1]; 1: all
};

template <class T>
void sample_ref(const Sample<T>& args);
template <class T>
void sample_cpu(const Sample<T>& args);

// Device pointers; `stream` is a cudaStream_t. `scratch`: rows * vocabulary floats on the device.
// Throws Error E_DEVICE when the launch fails.
template <class T>
void sample_cuda(const Sample<T>& args, float* scratch, void* stream);

template <class T>
void sample(const Sample<T>& args) {
  use_reference() ? sample_ref(args) : sample_cpu(args);
}

}  // namespace vqat::kernels
