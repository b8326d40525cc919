// Sampling, fast: rows over threads. Without top-k and top-p a row is read three times (maximum, sum,
// weights) and the chosen id is found through sums of blocks; with them, only as many ids are ordered as the
// cut needs.
#include <omp.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/row_softmax.h"
#include "kernels/sample/sample.h"

namespace vqat::kernels {
namespace {

constexpr int64_t kBlock = 512;  // weights summed in float32 before the sum joins the double total

// weights[v] = exp((logit - base) * inv_temperature), 0 when banned. Returns the mass in double, with the sum
// of each block in `blocks`.
template <class T>
VQAT_CLONES static double fill_weights(const T* row, const uint8_t* banned, int64_t vocabulary,
                                       float inv_temperature, float base, float* weights, float* blocks) {
  double mass = 0;
  for (int64_t begin = 0; begin < vocabulary; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, vocabulary);
#pragma omp simd
    for (int64_t v = begin; v < end; ++v) {
      weights[v] = fast_exp((static_cast<float>(row[v]) - base) * inv_temperature);
    }
    if (banned) {
#pragma omp simd
      for (int64_t v = begin; v < end; ++v) weights[v] = banned[v] ? 0.0f : weights[v];
    }
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t v = begin; v < end; ++v) sum += weights[v];
    blocks[begin / kBlock] = sum;
    mass += sum;
  }
  return mass;
}

// Best id that is not banned, lowest on ties; -1 when there is none with any mass.
template <class T>
VQAT_CLONES static int32_t best_id(const T* row, const uint8_t* banned, int64_t vocabulary) {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  float largest = banned ? kNone : row_max(row, vocabulary);
  if (banned) {
#pragma omp simd reduction(max : largest)
    for (int64_t v = 0; v < vocabulary; ++v) {
      largest = std::max(largest, banned[v] ? kNone : static_cast<float>(row[v]));
    }
  }
  if (largest == kNone) return -1;
  int64_t v = 0;
  while (static_cast<float>(row[v]) != largest || (banned && banned[v])) ++v;
  return static_cast<int32_t>(v);
}

int32_t choose_from_all(const float* weights, const float* blocks, int64_t vocabulary, double goal) {
  double cumulative = 0;
  int64_t block = 0;
  const int64_t last = (vocabulary - 1) / kBlock;
  while (block < last && cumulative + blocks[block] <= goal) cumulative += blocks[block++];
  // Inside a block the single weights are summed again, in double; rounding may carry the goal past its end,
  // and the scan then goes on into the next block.
  int32_t chosen = -1;
  for (int64_t v = block * kBlock; v < vocabulary; ++v) {
    if (weights[v] > 0) chosen = static_cast<int32_t>(v);
    cumulative += weights[v];
    if (cumulative > goal) return chosen;
  }
  while (chosen < 0) {  // nothing with mass after the goal: the last id that has any
    --block;
    for (int64_t v = block * kBlock; v < (block + 1) * kBlock; ++v) {
      if (weights[v] > 0) chosen = static_cast<int32_t>(v);
    }
  }
  return chosen;
}

// A logit and its id as one number that rises as the candidate gets worse: larger logit first, then lower id.
inline uint64_t make_key(float logit, int64_t id) {
  const uint32_t bits = std::bit_cast<uint32_t>(logit + 0.0f);  // -0 becomes 0
  const uint32_t rising = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return static_cast<uint64_t>(~rising) << 32 | static_cast<uint64_t>(id);
}
inline int32_t id_of(uint64_t key) { return static_cast<int32_t>(key & 0xFFFFFFFFu); }

// With top_k or top_p: `keys` is scratch for the vocabulary.
template <class T>
int32_t choose_from_best(const Sample<T>& args, const T* row, const float* weights, double uniform,
                         std::vector<uint64_t>& keys) {
  keys.clear();
  for (int64_t v = 0; v < args.vocabulary; ++v) {
    if (weights[v] > 0) keys.push_back(make_key(row[v], v));
  }
  if (args.top_k > 0 && args.top_k < std::ssize(keys)) {
    std::nth_element(keys.begin(), keys.begin() + args.top_k, keys.end());
    keys.resize(args.top_k);
  }
  double mass = 0;
  for (const uint64_t key : keys) mass += weights[id_of(key)];
  if (args.top_p < 1) {
    const double wanted = args.top_p * mass;
    double reached = 0;
    size_t kept = 0, sorted = 0;
    // Few ids usually hold the mass: order them in growing runs until they do.
    while (kept < keys.size() && reached < wanted) {
      if (kept == sorted) {
        sorted = std::min(keys.size(), std::max<size_t>(256, 8 * sorted));
        std::nth_element(keys.begin() + kept, keys.begin() + (sorted - 1), keys.end());
        std::sort(keys.begin() + kept, keys.begin() + sorted);
      }
      reached += weights[id_of(keys[kept++])];
    }
    keys.resize(kept);
    mass = reached;
  }
  std::sort(keys.begin(), keys.end(), [](uint64_t a, uint64_t b) { return id_of(a) < id_of(b); });
  double cumulative = 0;
  for (const uint64_t key : keys) {
    cumulative += weights[id_of(key)];
    if (cumulative > uniform * mass) return id_of(key);
  }
  return id_of(keys.back());
}

}  // namespace

template <class T>
void sample_cpu(const Sample<T>& args) {
  const bool greedy = args.temperature == 0;
  const bool cut = (args.top_k > 0 && args.top_k < args.vocabulary) || args.top_p < 1;
  const float inv_temperature = greedy ? 1.0f : 1 / args.temperature;
  const int64_t block_count = (args.vocabulary + kBlock - 1) / kBlock;
  const int64_t room = greedy ? 0 : args.vocabulary + block_count;
  const int threads = args.rows * args.vocabulary > kParallelElements ? omp_get_max_threads() : 1;
  std::vector<float> scratch(threads * room);
  std::vector<std::vector<uint64_t>> key_scratch(threads);
  if (cut && !greedy) {
    for (auto& keys : key_scratch) keys.reserve(args.vocabulary);
  }
#pragma omp parallel for num_threads(threads)
  for (int64_t i = 0; i < args.rows; ++i) {
    const T* row = args.logits + i * args.row_stride;
    const float largest = row_max(row, args.vocabulary);
    const double sum = row_exp_sum(row, args.vocabulary, inv_temperature, largest);
    const int32_t best = std::isnan(sum) ? -1 : best_id(row, args.banned, args.vocabulary);
    int32_t token = best;
    if (best >= 0 && !greedy) {
      float* weights = scratch.data() + omp_get_thread_num() * room;
      float* blocks = weights + args.vocabulary;
      // Relative to the best id that may be chosen, which a banned one may tower above.
      const double mass = fill_weights(row, args.banned, args.vocabulary, inv_temperature,
                                       static_cast<float>(row[best]), weights, blocks);
      token = cut ? choose_from_best(args, row, weights, args.uniform[i], key_scratch[omp_get_thread_num()])
                  : choose_from_all(weights, blocks, args.vocabulary, args.uniform[i] * mass);
    }
    args.tokens[i] = token;
    args.logprobs[i] = std::numeric_limits<float>::quiet_NaN();
    if (token < 0) continue;
    const double below = (static_cast<double>(static_cast<float>(row[token])) - largest) * inv_temperature;
    args.logprobs[i] = static_cast<float>(below - std::log(sum));
  }
}

template void sample_cpu(const Sample<float>&);
template void sample_cpu(const Sample<bfloat16>&);

}  // namespace vqat::kernels
