// Sampling as defined in sample.h, in plain loops and double, over a fully sorted row. Never tuned.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/sample/sample.h"

namespace vqat::kernels {
namespace {

// The ids that may be chosen, best first: larger logit, then lower id. -inf has no mass and stays out.
template <class T>
std::vector<int32_t> ranked(const T* row, const uint8_t* banned, int64_t vocabulary) {
  std::vector<int32_t> ids;
  for (int64_t v = 0; v < vocabulary; ++v) {
    const bool free = !banned || !banned[v];
    if (free && !std::isinf(static_cast<float>(row[v]))) ids.push_back(static_cast<int32_t>(v));
  }
  std::stable_sort(ids.begin(), ids.end(), [row](int32_t a, int32_t b) {
    return static_cast<float>(row[a]) > static_cast<float>(row[b]);
  });
  return ids;
}

template <class T>
int32_t choose(const Sample<T>& args, const T* row, double uniform, float inv_temperature) {
  std::vector<int32_t> ids = ranked(row, args.banned, args.vocabulary);
  if (ids.empty()) return -1;
  if (args.temperature == 0) return ids[0];
  if (args.top_k > 0 && args.top_k < std::ssize(ids)) ids.resize(args.top_k);
  const double best = static_cast<float>(row[ids[0]]);
  const auto weight = [&](int32_t id) {
    return std::exp((static_cast<float>(row[id]) - best) * inv_temperature);
  };
  double mass = 0;
  for (const int32_t id : ids) mass += weight(id);
  if (args.top_p < 1) {
    size_t kept = 0;
    double reached = 0;
    while (kept < ids.size() && reached < args.top_p * mass) reached += weight(ids[kept++]);
    ids.resize(kept);
    mass = reached;
  }
  std::sort(ids.begin(), ids.end());
  double cumulative = 0;
  int32_t chosen = ids[0];
  for (const int32_t id : ids) {
    if (weight(id) > 0) chosen = id;
    cumulative += weight(id);
    if (cumulative > uniform * mass) break;
  }
  return chosen;
}

}  // namespace

template <class T>
void sample_ref(const Sample<T>& args) {
  const float inv_temperature = args.temperature > 0 ? 1 / args.temperature : 1.0f;
  for (int64_t i = 0; i < args.rows; ++i) {
    const T* row = args.logits + i * args.row_stride;
    double largest = -std::numeric_limits<double>::infinity();
    for (int64_t v = 0; v < args.vocabulary; ++v) {
      largest = std::fmax(largest, static_cast<float>(row[v]));
    }
    double sum = 0;  // NaN when a logit is NaN or +inf, or all are -inf
    for (int64_t v = 0; v < args.vocabulary; ++v) {
      sum += std::exp((static_cast<float>(row[v]) - largest) * inv_temperature);
    }
    const int32_t token =
        std::isnan(sum) ? -1 : choose(args, row, args.uniform ? args.uniform[i] : 0, inv_temperature);
    args.tokens[i] = token;
    args.logprobs[i] = std::numeric_limits<float>::quiet_NaN();
    if (token < 0) continue;
    const double below = (static_cast<float>(row[token]) - largest) * inv_temperature;
    args.logprobs[i] = static_cast<float>(below - std::log(sum));
  }
}

template void sample_ref(const Sample<float>&);
template void sample_ref(const Sample<bfloat16>&);

}  // namespace vqat::kernels
