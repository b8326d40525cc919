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
// Weights are float32, sums double but for the first few terms (reference: all double); on CUDA the masses
// that top-p compares are integers, exact to 9e-9 of the whole. The CPU allocates scratch for a thread.
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

// On CUDA a row is cut into slices of so many ids, each read by one block.
constexpr int64_t kSampleSlice = 4096;
// A selection's histogram for one digit of a logit's key.
constexpr int64_t kSampleBins = 2048;
// What the CUDA twin keeps for a row and for a slice.
constexpr int64_t kSampleRowBytes = 48, kSampleSliceBytes = 32;

template <class T>
bool sample_filters_by_count(const Sample<T>& args) {
  return args.temperature > 0 && args.top_k > 0 && args.top_k < args.vocabulary;
}
template <class T>
bool sample_filters_by_mass(const Sample<T>& args) {
  return args.temperature > 0 && args.top_p < 1;
}

// Bytes of scratch, aligned to 16, that sample_cuda needs for a call with these sizes and filters.
template <class T>
int64_t sample_scratch_bytes(const Sample<T>& args) {
  const int64_t slices = (args.vocabulary + kSampleSlice - 1) / kSampleSlice;
  const bool filters = sample_filters_by_count(args) || sample_filters_by_mass(args);
  const int64_t bins = filters ? kSampleBins * static_cast<int64_t>(sizeof(uint64_t)) : 0;
  return args.rows * (kSampleRowBytes + slices * kSampleSliceBytes + bins);
}

// Device pointers; `stream` is a cudaStream_t. `scratch`: sample_scratch_bytes on the device, in any state.
// The vocabulary is at most 65535 slices. Throws Error E_DEVICE when a launch fails.
template <class T>
void sample_cuda(const Sample<T>& args, void* scratch, void* stream);

template <class T>
void sample(const Sample<T>& args) {
  use_reference() ? sample_ref(args) : sample_cpu(args);
}

}  // namespace vqat::kernels
