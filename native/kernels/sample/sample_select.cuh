// The filters of sample_cuda.cu: radix selection by number (top-k) and by mass (top-p).
// No torch; C++17.
#pragma once

#include "kernels/cuda/scan.cuh"
#include "kernels/sample/sample_job.cuh"

namespace vqat::kernels {
namespace {

// How many ids of mass `one` reach `goal`: the least n >= 1 with n * one >= goal.
__device__ int ids_to_reach(unsigned long long goal, unsigned long long one, int vocabulary) {
  unsigned long long below = 0;
  for (unsigned step = 1u << (31 - __clz(vocabulary)); step > 0; step /= 2) {
    if ((below + step) * one < goal) below += step;
  }
  return static_cast<int>(below + 1);
}

// The bin of the digit in which the goal lies, by the threads of one block. Leaves the bins empty.
template <class T, bool kByMass>
__device__ void settle(const Job<T>& job, const Row& known, bool first_digit, int shift, int bits) {
  constexpr int kRun = kBins / kThreads;
  unsigned long long* bins = job.row_bins() + threadIdx.x * kRun;
  unsigned long long count[kRun], mine = 0, total;
  for (int b = 0; b < kRun; ++b) {
    count[b] = bins[b];
    bins[b] = 0;
  }
  // Ids at an earlier cut were left out: some of them stay.
  if (kByMass && known.ties > 0 && (first_digit || known.cut >> (shift + bits) == known.prefix)) {
    const uint32_t digit = known.cut >> shift & ((1u << bits) - 1);
    const unsigned long long one = job.integer(job.weight(logit_of<T>(known.cut), known.best));
    for (int b = 0; b < kRun; ++b) {
      if (digit == threadIdx.x * kRun + b) count[b] += static_cast<unsigned long long>(known.ties) * one;
    }
  }
  for (int b = 0; b < kRun; ++b) mine += count[b];
  unsigned long long before = block_scan(mine, &total);
  unsigned long long goal = known.goal;
  if (first_digit && kByMass) {
    const double wanted = ceil(job.args.top_p * static_cast<double>(total));
    goal = Least()(static_cast<unsigned long long>(wanted), total);
  }
  if (first_digit && !kByMass) {
    const auto top_k = static_cast<unsigned long long>(job.args.top_k);
    goal = top_k < total ? top_k : 0;
  }
  if (goal <= before || goal > before + mine) return;  // not in this thread's bins, or nothing to find
  int home = 0;
  for (int b = 0; b + 1 < kRun && home == b; ++b) {
    if (before + count[b] >= goal) break;
    before += count[b];
    home = b + 1;
  }
  Row& row = job.row();
  const uint32_t prefix = known.prefix << bits | (threadIdx.x * kRun + home);
  row.prefix = prefix;
  row.goal = goal - before;
  if (shift > 0) return;
  row.prefix = 0;
  row.cut = prefix;
  row.ties = static_cast<int32_t>(row.goal);
  if (kByMass) {
    const unsigned long long one = job.integer(job.weight(logit_of<T>(prefix), known.best));
    row.ties = ids_to_reach(row.goal, one, job.vocabulary());
  }
}

// One digit of a selection: `bits` bits of the keys from `shift` on.
template <class T, bool kByMass>
__global__ void __launch_bounds__(kThreads) tally(Job<T> job, int shift, int bits) {
  __shared__ unsigned low[kBins];
  __shared__ unsigned high[kByMass ? kBins : 1];
  const Row known = job.row();
  const bool first_digit = shift + bits == kKeyBits<T>;
  if (known.best_id < 0 || (!first_digit && known.goal == 0)) return;
  const auto belongs = [&](uint32_t key) { return first_digit || key >> (shift + bits) == known.prefix; };

  const Part& part = job.row_parts()[blockIdx.y];
  const uint32_t best = key_of<T>(part.best);
  const bool idle =
      part.best_id < 0 || best > known.cut || (!first_digit && best >> (shift + bits) > known.prefix);
  if (!idle) {
    const Share mine = job.share();
    for (int b = threadIdx.x; b < kBins; b += kThreads) {
      low[b] = 0;
      if (kByMass) high[b] = 0;
    }
    __syncthreads();
    for (int e = 0; e < kEach; ++e) {
      const uint32_t key = key_of<T>(mine.logit[e]);
      if (!(mine.free >> e & 1) || !belongs(key) || key >= known.cut) continue;
      const uint32_t digit = key >> shift & ((1u << bits) - 1);
      if (!kByMass) {
        atomicAdd(&low[digit], 1u);
        continue;
      }
      const unsigned long long mass = job.integer(job.weight(mine.logit[e], known.best));
      const auto lower = static_cast<unsigned>(mass);
      auto upper = static_cast<unsigned>(mass >> 32);
      if (atomicAdd(&low[digit], lower) > ~lower) ++upper;  // the lower half has passed 2^32
      if (upper) atomicAdd(&high[digit], upper);
    }
    __syncthreads();
    for (int b = threadIdx.x; b < kBins; b += kThreads) {
      unsigned long long count = low[b];
      if (kByMass) count |= static_cast<unsigned long long>(high[b]) << 32;
      if (count) atomicAdd(&job.row_bins()[b], count);
    }
  }
  if (last_of_row(job.row())) settle<T, kByMass>(job, known, first_digit, shift, bits);
}

}  // namespace
}  // namespace vqat::kernels
