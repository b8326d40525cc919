// What the kernels of sample_cuda.cu hand from one to the next: what is known of a slice and of a row.
// No torch; C++17.
#pragma once

#include "kernels/sample/sample_slice.cuh"

namespace vqat::kernels {
namespace {

constexpr int kBins = kSampleBins, kDigitBits = 11;
static_assert(kBins == 1 << kDigitBits && kSampleSlice == kThreads * kEach);

// What is known of a slice. `mass`: of the ids that may be chosen but for those at the cut, with weights
// relative to the slice's `best` free logit; `sum`: of all, relative to its `largest`.
struct Part {
  double sum, mass;
  float largest, best;
  int32_t best_id;  // -1: no id is free
  int32_t ties;     // ids at the cut
};

// What is known of a row. `prefix`: the digits found by the selection under way, of which `goal` (a number of
// ids, or a mass) is left to find among the keys that begin with them; goal 0: nothing is cut.
struct Row {
  double sum;
  unsigned long long goal;
  float largest, best;
  int32_t best_id;  // -1: the row has no answer
  uint32_t prefix;
  uint32_t cut;  // key of the worst logit that stays
  int32_t ties;  // ids that stay of those at the cut
  unsigned finished;
};
static_assert(sizeof(Row) == kSampleRowBytes && sizeof(Part) == kSampleSliceBytes);

template <class T>
struct Job {
  Sample<T> args;
  Row* rows;
  Part* parts;               // [rows, slices]
  unsigned long long* bins;  // [rows, kBins], null without filters
  float inv_temperature;
  float unit;  // of integer masses, a power of two

  __device__ const T* logits() const { return args.logits + blockIdx.x * args.row_stride; }
  __device__ Row& row() const { return rows[blockIdx.x]; }
  __device__ Part* row_parts() const { return parts + static_cast<int64_t>(blockIdx.x) * gridDim.y; }
  __device__ unsigned long long* row_bins() const { return bins + static_cast<int64_t>(blockIdx.x) * kBins; }
  __device__ int vocabulary() const { return static_cast<int>(args.vocabulary); }
  __device__ int begin() const { return blockIdx.y * static_cast<int>(kSampleSlice); }
  __device__ Share share() const { return load_share(logits(), args.banned, vocabulary(), begin()); }
  __device__ float weight(float logit, float best) const { return expf((logit - best) * inv_temperature); }
  __device__ double scale(float from, float to) const {
    return exp((static_cast<double>(from) - to) * inv_temperature);
  }
  __device__ unsigned long long integer(float weight) const {
    return static_cast<unsigned long long>(weight * unit);
  }
};

// Whether this block is the last of its row to come here. What the others wrote before can then be read.
__device__ bool last_of_row(Row& row) {
  __shared__ bool last;
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    last = atomicAdd(&row.finished, 1u) + 1 == gridDim.y;
    __threadfence();
    if (last) row.finished = 0;
  }
  __syncthreads();
  return last;
}

}  // namespace
}  // namespace vqat::kernels
