// Sampling on CUDA: one block a row. A row is read for its maximum, its sum, the best free id and the
// weights, which go to scratch. top-k and top-p cut at one key, the logit and the id as a 64-bit number: the
// key is found bit by bit, 64 passes over the row each, without a sort. The inverse distribution is found by
// warps that own runs of ids, then inside one run. float32 weights, double sums in a fixed order.
#include <cmath>

#include "kernels/cuda/device.cuh"
#include "kernels/sample/sample.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 1024;
constexpr uint64_t kWorst = ~uint64_t{0};

// Rises as the candidate gets worse: larger logit first, then lower id.
__device__ uint64_t make_key(float logit, int64_t id) {
  const uint32_t bits = __float_as_uint(logit + 0.0f);  // -0 becomes 0
  const uint32_t rising = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return static_cast<uint64_t>(~rising) << 32 | static_cast<uint64_t>(id);
}

struct Best {
  __device__ unsigned long long operator()(unsigned long long a, unsigned long long b) const {
    return a < b ? a : b;
  }
};

// The smallest key up to which the ids with weight sum up to `goal`: their number, or their mass.
template <class T>
__device__ uint64_t find_cut(const T* row, const float* weights, int64_t vocabulary, bool by_mass,
                             uint64_t limit, double goal) {
  uint64_t below = 0;  // no key smaller than this reaches the goal
  for (int bit = 63; bit >= 0; --bit) {
    const uint64_t tried = below + ((uint64_t{1} << bit) - 1);
    double sum = 0;
    for (int64_t v = threadIdx.x; v < vocabulary; v += kThreads) {
      const uint64_t key = make_key(row[v], v);
      if (weights[v] > 0 && key <= tried && key <= limit) sum += by_mass ? weights[v] : 1.0;
    }
    if (block_reduce(sum, Add()) < goal) below = tried + 1;
  }
  return below;
}

// The id whose share of the mass holds `uniform`, in rising order of ids; in every thread.
__device__ int32_t find_id(const float* weights, int64_t vocabulary, double uniform) {
  __shared__ double mass_of[kWarp];
  __shared__ int32_t chosen;
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  const int64_t run = (vocabulary + kWarp - 1) / kWarp;
  const int64_t begin = min(warp * run, vocabulary), end = min(begin + run, vocabulary);
  double mass = 0;
  for (int64_t v = begin + lane; v < end; v += kWarp) mass += weights[v];
  mass = warp_reduce(mass, Add());
  if (lane == 0) mass_of[warp] = mass;
  __syncthreads();
  double total = 0;
  for (int w = 0; w < kWarp; ++w) total += mass_of[w];
  const double goal = uniform * total;
  // The first run that passes the goal; by rounding there may be none, then the last that has any mass.
  int home = 0;
  double before = 0, cumulative = 0;
  for (int w = 0; w < kWarp; ++w) {
    if (mass_of[w] > 0) {
      home = w;
      before = cumulative;
      cumulative += mass_of[w];
      if (cumulative > goal) break;
    }
  }
  if (warp == home) {
    int32_t found = -1;
    double reached = before;
    for (int64_t first = begin; first < end; first += kWarp) {
      const int64_t v = first + lane;
      const float weight = v < end ? weights[v] : 0.0f;
      double prefix = weight;
      for (int step = 1; step < kWarp; step *= 2) {
        const double left = __shfl_up_sync(kAllLanes, prefix, step);
        if (lane >= step) prefix += left;
      }
      const unsigned passed = __ballot_sync(kAllLanes, weight > 0 && reached + prefix > goal);
      const unsigned alive = __ballot_sync(kAllLanes, weight > 0);
      if (passed) {
        found = static_cast<int32_t>(first + __ffs(passed) - 1);
        break;
      }
      if (alive) found = static_cast<int32_t>(first + kWarp - 1 - __clz(alive));
      reached += __shfl_sync(kAllLanes, prefix, kWarp - 1);
    }
    if (lane == 0) chosen = found;
  }
  __syncthreads();
  return chosen;
}

template <class T>
__global__ void __launch_bounds__(kThreads) choose(Sample<T> args, float inv_temperature, float* scratch) {
  const int64_t i = blockIdx.x;
  const T* row = args.logits + i * args.row_stride;
  float* weights = scratch + i * args.vocabulary;
  float largest = -INFINITY;
  unsigned long long best_key = kWorst;
  for (int64_t v = threadIdx.x; v < args.vocabulary; v += kThreads) {
    const float logit = row[v];
    largest = fmaxf(largest, logit);
    const bool free = !(args.banned && args.banned[v]) && logit > -INFINITY;
    if (free) best_key = Best()(best_key, make_key(logit, v));
  }
  largest = block_reduce(largest, Max());
  best_key = block_reduce(best_key, Best());
  double sum = 0;  // NaN when a logit is NaN or +inf, or all are -inf
  for (int64_t v = threadIdx.x; v < args.vocabulary; v += kThreads) {
    sum += expf((static_cast<float>(row[v]) - largest) * inv_temperature);
  }
  sum = block_reduce(sum, Add());
  int32_t token = -1;
  if (!isnan(sum) && best_key != kWorst) {
    const int32_t best = static_cast<int32_t>(best_key & 0xFFFFFFFFu);
    token = best;
    if (args.temperature > 0) {
      const float top = row[best];
      double mass = 0, count = 0;
      for (int64_t v = threadIdx.x; v < args.vocabulary; v += kThreads) {
        const float weight = expf((static_cast<float>(row[v]) - top) * inv_temperature);
        weights[v] = args.banned && args.banned[v] ? 0.0f : weight;
        count += weights[v] > 0;
      }
      count = block_reduce(count, Add());
      uint64_t cut = kWorst;
      if (args.top_k > 0 && static_cast<double>(args.top_k) < count) {
        cut = find_cut(row, weights, args.vocabulary, false, kWorst, static_cast<double>(args.top_k));
      }
      if (args.top_p < 1) {
        for (int64_t v = threadIdx.x; v < args.vocabulary; v += kThreads) {
          if (make_key(row[v], v) <= cut) mass += weights[v];
        }
        mass = block_reduce(mass, Add());
        cut = find_cut(row, weights, args.vocabulary, true, cut, args.top_p * mass);
      }
      for (int64_t v = threadIdx.x; v < args.vocabulary; v += kThreads) {
        if (make_key(row[v], v) > cut) weights[v] = 0;
      }
      __syncthreads();
      token = find_id(weights, args.vocabulary, args.uniform[i]);
    }
  }
  if (threadIdx.x != 0) return;
  args.tokens[i] = token;
  args.logprobs[i] = NAN;
  if (token < 0) return;
  const double below = (static_cast<double>(static_cast<float>(row[token])) - largest) * inv_temperature;
  args.logprobs[i] = static_cast<float>(below - log(sum));
}

}  // namespace

template <class T>
void sample_cuda(const Sample<T>& args, float* scratch, void* stream) {
  if (args.rows == 0) return;
  const float inv_temperature = args.temperature > 0 ? 1 / args.temperature : 1.0f;
  launch("sample", choose<T>, static_cast<unsigned>(args.rows), kThreads, stream, args, inv_temperature,
         scratch);
}

template void sample_cuda(const Sample<float>&, float*, void*);
template void sample_cuda(const Sample<bfloat16>&, float*, void*);

}  // namespace vqat::kernels
