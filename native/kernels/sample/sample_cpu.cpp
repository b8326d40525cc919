// Sampling, fast: rows over threads. Without top-k and top-p a row is read three times (maximum, sum,
// weights) and the chosen id is found through sums of blocks; with them, only as many ids are ordered as the
// cut needs.
#include <omp.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/row_softmax.h"
#include "kernels/sample/sample.h"

namespace vqat::kernels {
namespace {

constexpr int64_t kBlock = 512;  // weights summed in float32 before the sum joins the double total

// weights[v] = exp(z - base), 0 when banned. Returns the mass in double, with the sum of each block in
// `blocks`.
template <class T>
VQAT_CLONES static double fill_weights(const T* row, const uint8_t* banned, int64_t vocabulary,
                                       float inv_temperature, float base, float* weights, float* blocks) {
  double mass = 0;
  for (int64_t begin = 0; begin < vocabulary; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, vocabulary);
#pragma omp simd
    for (int64_t v = begin; v < end; ++v) {
      weights[v] = fast_exp(static_cast<float>(row[v]) * inv_temperature - base);
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
int32_t best_id(const T* row, const uint8_t* banned, int64_t vocabulary) {
  int32_t best = -1;
  float largest = -std::numeric_limits<float>::infinity();
  for (int64_t v = 0; v < vocabulary; ++v) {
    const float logit = row[v];
    if (logit > largest && !(banned && banned[v])) {
      largest = logit;
      best = static_cast<int32_t>(v);
    }
  }
  return best;
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

// With top_k or top_p: `ids` is scratch for the vocabulary.
template <class T>
int32_t choose_from_best(const Sample<T>& args, const T* row, const float* weights, double uniform,
                         std::vector<int32_t>& ids) {
  ids.clear();
  for (int64_t v = 0; v < args.vocabulary; ++v) {
    if (weights[v] > 0) ids.push_back(static_cast<int32_t>(v));
  }
  const auto better = [row](int32_t a, int32_t b) {
    const float left = row[a], right = row[b];
    return left > right || (left == right && a < b);
  };
  if (args.top_k > 0 && args.top_k < std::ssize(ids)) {
    std::nth_element(ids.begin(), ids.begin() + args.top_k, ids.end(), better);
    ids.resize(args.top_k);
  }
  const auto total = [&] {
    return std::accumulate(ids.begin(), ids.end(), 0.0,
                           [&](double sum, int32_t id) { return sum + weights[id]; });
  };
  double mass = total();
  if (args.top_p < 1) {
    const double wanted = args.top_p * mass;
    double reached = 0;
    size_t kept = 0, sorted = 0;
    // Few ids usually hold the mass: order them in growing runs until they do.
    while (kept < ids.size() && reached < wanted) {
      if (kept == sorted) {
        sorted = std::min(ids.size(), std::max<size_t>(256, 8 * sorted));
        std::partial_sort(ids.begin() + kept, ids.begin() + sorted, ids.end(), better);
      }
      reached += weights[ids[kept++]];
    }
    ids.resize(kept);
    mass = reached;
  }
  std::sort(ids.begin(), ids.end());
  double cumulative = 0;
  for (const int32_t id : ids) {
    cumulative += weights[id];
    if (cumulative > uniform * mass) return id;
  }
  return ids.back();
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
  std::vector<std::vector<int32_t>> id_scratch(threads);
  if (cut && !greedy) {
    for (auto& ids : id_scratch) ids.reserve(args.vocabulary);
  }
#pragma omp parallel for num_threads(threads)
  for (int64_t i = 0; i < args.rows; ++i) {
    const T* row = args.logits + i * args.row_stride;
    const float largest = row_max(row, args.vocabulary) * inv_temperature;
    const double sum = row_exp_sum(row, args.vocabulary, inv_temperature, largest);
    const int32_t best = std::isnan(sum) ? -1 : best_id(row, args.banned, args.vocabulary);
    int32_t token = best;
    if (best >= 0 && !greedy) {
      float* weights = scratch.data() + omp_get_thread_num() * room;
      float* blocks = weights + args.vocabulary;
      // Relative to the best id that may be chosen, which a banned one may tower above.
      const double mass = fill_weights(row, args.banned, args.vocabulary, inv_temperature,
                                       static_cast<float>(row[best]) * inv_temperature, weights, blocks);
      token = cut ? choose_from_best(args, row, weights, args.uniform[i], id_scratch[omp_get_thread_num()])
                  : choose_from_all(weights, blocks, args.vocabulary, args.uniform[i] * mass);
    }
    args.tokens[i] = token;
    args.logprobs[i] = token < 0 ? std::numeric_limits<float>::quiet_NaN()
                                 : static_cast<float>(static_cast<float>(row[token]) * inv_temperature -
                                                      (largest + std::log(sum)));
  }
}

template void sample_cpu(const Sample<float>&);
template void sample_cpu(const Sample<bfloat16>&);

}  // namespace vqat::kernels
