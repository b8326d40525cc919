// Decode attention, fast. A work item is one kv head and a run of rows of one group, cut so that their
// queries fill one vector: lane l holds query l, so that a key or value is read once for all of them and
// nothing is summed across lanes. The prompt is one part for the whole run; each row's own positions are a
// part of their own; parts are merged by their maxima. Every lane sees the same operations in the same order
// whatever its neighbours, so that a row's result does not depend on the batch. Scores, sums and values are
// float32.
#include <omp.h>

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>
#include <vector>

#include "kernels/decode_attention/decode_attention.h"
#include "kernels/fast.h"

namespace vqat::kernels {
namespace {

constexpr int64_t kLanes = 16;  // the most queries of one vector
constexpr int64_t kTile = 4;    // positions at once: independent sums hide the latency of an addition

// Vectors that may lie at any float.
template <int kWidth>
struct VectorOf;
template <>
struct VectorOf<4> {
  typedef float type __attribute__((vector_size(16), aligned(4), may_alias));
};
template <>
struct VectorOf<8> {
  typedef float type __attribute__((vector_size(32), aligned(4), may_alias));
};
template <>
struct VectorOf<16> {
  typedef float type __attribute__((vector_size(64), aligned(4), may_alias));
};

// Per thread; sizes in floats.
struct Scratch {
  std::vector<float> query;   // [head_dim, lanes] scaled
  std::vector<float> scores;  // [positions, lanes]
  std::vector<float> part;    // [head_dim, lanes] values of this part
  std::vector<float> rows;    // [kTile, head_dim] keys or values as float32
  std::vector<float> value;   // [queries, head_dim] merged so far
  std::vector<float> max;     // [queries]
  std::vector<float> sum;     // [queries]
};

// Positions of one kv head, one after another.
template <class T>
struct Part {
  const T* k;
  const T* v;
  int64_t length;
  int64_t stride;  // elements from a position to the next
  int64_t head_dim;
};

// Keys or values of kTile positions from `first` on as float32, each [head_dim]; past `count`, the first one
// again.
template <class T>
VQAT_INLINE std::array<const float*, kTile> tile_rows(const T* first, int64_t stride, int64_t count,
                                                      int64_t head_dim, std::vector<float>& room) {
  std::array<const float*, kTile> rows;
  for (int64_t u = 0; u < kTile; ++u) {
    const T* row = first + (u < count ? u * stride : 0);
    if constexpr (std::is_same_v<T, float>) {
      rows[u] = row;
    } else {
      float* wide = room.data() + u * head_dim;
#pragma omp simd
      for (int64_t j = 0; j < head_dim; ++j) wide[j] = row[j];
      rows[u] = wide;
    }
  }
  return rows;
}

// Scores, softmax and values of one vector of queries over one part: scratch.query -> scratch.part, max, sum.
template <class T, int kWidth>
VQAT_CLONES static void attend(const Part<T>& part, Scratch& scratch, float* largest, float* total) {
  using Vector = typename VectorOf<kWidth>::type;
  const int64_t d = part.head_dim;
  const Vector* query = reinterpret_cast<const Vector*>(scratch.query.data());
  Vector* scores = reinterpret_cast<Vector*>(scratch.scores.data());
  Vector* values = reinterpret_cast<Vector*>(scratch.part.data());
  Vector max = Vector{} - std::numeric_limits<float>::infinity();
  for (int64_t t = 0; t < part.length; t += kTile) {
    const int64_t count = std::min(kTile, part.length - t);
    const auto [k0, k1, k2, k3] = tile_rows(part.k + t * part.stride, part.stride, count, d, scratch.rows);
    Vector s0{}, s1{}, s2{}, s3{};
    for (int64_t j = 0; j < d; ++j) {
      s0 += k0[j] * query[j];
      s1 += k1[j] * query[j];
      s2 += k2[j] * query[j];
      s3 += k3[j] * query[j];
    }
    // A repeated row adds nothing new to the maximum; its scores lie past the end and become 0 below.
    const Vector tile[kTile] = {s0, s1, s2, s3};
    for (int64_t u = 0; u < kTile; ++u) {
      scores[t + u] = tile[u];
      max = tile[u] > max ? tile[u] : max;
    }
  }
  for (int64_t t = 0; t < part.length; ++t) scores[t] -= max;
  float* flat = scratch.scores.data();
#pragma omp simd
  for (int64_t i = 0; i < part.length * kWidth; ++i) flat[i] = fast_exp(flat[i]);
  for (int64_t t = part.length; t % kTile != 0; ++t) scores[t] = Vector{};
  Vector sum{};
  for (int64_t j = 0; j < d; ++j) values[j] = Vector{};
  for (int64_t t = 0; t < part.length; t += kTile) {
    const int64_t count = std::min(kTile, part.length - t);
    const auto [v0, v1, v2, v3] = tile_rows(part.v + t * part.stride, part.stride, count, d, scratch.rows);
    const Vector p0 = scores[t], p1 = scores[t + 1], p2 = scores[t + 2], p3 = scores[t + 3];
    sum += (p0 + p1) + (p2 + p3);
    for (int64_t j = 0; j < d; ++j) {
      values[j] = values[j] + v0[j] * p0 + v1[j] * p1 + v2[j] * p2 + v3[j] * p3;
    }
  }
  *reinterpret_cast<Vector*>(largest) = max;
  *reinterpret_cast<Vector*>(total) = sum;
}

// Adds one part to the running softmax of queries first .. first + count of a run.
template <class T>
void attend_and_merge(const Part<T>& part, const T* const* queries, int64_t first, int64_t count, float scale,
                      Scratch& scratch) {
  const int64_t d = part.head_dim;
  const int64_t width = count <= 4 ? 4 : (count <= 8 ? 8 : kLanes);
  std::fill(scratch.query.begin(), scratch.query.end(), 0.0f);
  for (int64_t l = 0; l < count; ++l) {
    const T* query = queries[first + l];
    for (int64_t j = 0; j < d; ++j) scratch.query[j * width + l] = scale * static_cast<float>(query[j]);
  }
  float max[kLanes], sum[kLanes];
  if (width == 4) {
    attend<T, 4>(part, scratch, max, sum);
  } else if (width == 8) {
    attend<T, 8>(part, scratch, max, sum);
  } else {
    attend<T, kLanes>(part, scratch, max, sum);
  }
  for (int64_t l = 0; l < count; ++l) {
    const int64_t n = first + l;
    const float joint = std::max(scratch.max[n], max[l]);
    const float before = fast_exp(scratch.max[n] - joint);
    const float now = fast_exp(max[l] - joint);
    for (int64_t j = 0; j < d; ++j) {
      scratch.value[n * d + j] = scratch.value[n * d + j] * before + scratch.part[j * width + l] * now;
    }
    scratch.sum[n] = scratch.sum[n] * before + sum[l] * now;
    scratch.max[n] = joint;
  }
}

// Rows first .. first + count share a group.
struct Run {
  int64_t first, count;
};

template <class T>
std::vector<Run> make_runs(const DecodeAttention<T>& args) {
  const int64_t most = std::max<int64_t>(kLanes / (args.heads / args.kv_heads), 1);
  std::vector<Run> runs;
  for (int64_t a = 0; a < args.rows; ++a) {
    const bool joins = !runs.empty() && runs.back().count < most && args.group[a] == args.group[a - 1];
    if (joins) {
      ++runs.back().count;
    } else {
      runs.push_back({a, 1});
    }
  }
  return runs;
}

template <class T>
void attend_run(const DecodeAttention<T>& args, const Run& run, int64_t kv_head, Scratch& scratch,
                std::vector<const T*>& queries) {
  const int64_t d = args.head_dim;
  const int64_t share = args.heads / args.kv_heads;  // query heads of this kv head
  const int64_t stride = args.kv_heads * d;
  const int64_t count = run.count * share;
  const auto offset = [&](int64_t n) {
    return ((run.first + n / share) * args.heads + kv_head * share + n % share) * d;
  };
  for (int64_t n = 0; n < count; ++n) queries[n] = args.q + offset(n);
  std::fill(scratch.max.begin(), scratch.max.end(), -std::numeric_limits<float>::infinity());
  std::fill(scratch.sum.begin(), scratch.sum.end(), 0.0f);
  std::fill(scratch.value.begin(), scratch.value.end(), 0.0f);

  const auto attend_to = [&](const T* k, const T* v, int64_t line, int64_t length, int64_t begin,
                             int64_t end) {
    const int64_t at = line * stride + kv_head * d;
    for (int64_t n = begin; length > 0 && n < end; n += kLanes) {
      attend_and_merge<T>({k + at, v + at, length, stride, d}, queries.data(), n, std::min(kLanes, end - n),
                          args.scale, scratch);
    }
  };
  const int64_t begin = args.prompt_offsets[args.group[run.first]];
  attend_to(args.prompt_k, args.prompt_v, begin, args.prompt_offsets[args.group[run.first] + 1] - begin, 0,
            count);
  for (int64_t r = 0; r < run.count; ++r) {
    const int64_t line = args.slot[run.first + r] * args.max_new;
    attend_to(args.own_k, args.own_v, line, args.own_length[run.first + r], r * share, (r + 1) * share);
  }
  for (int64_t n = 0; n < count; ++n) {
    T* out = args.out + offset(n);
    for (int64_t j = 0; j < d; ++j) out[j] = scratch.value[n * d + j] / scratch.sum[n];
  }
}

}  // namespace

template <class T>
void decode_attention_cpu(const DecodeAttention<T>& args) {
  int64_t longest = 0;
  for (int64_t a = 0; a < args.rows; ++a) {
    const int64_t prompt = args.prompt_offsets[args.group[a] + 1] - args.prompt_offsets[args.group[a]];
    longest = std::max({longest, prompt, int64_t{args.own_length[a]}});
  }
  const std::vector<Run> runs = make_runs(args);
  const int64_t items = std::ssize(runs) * args.kv_heads;
  const int64_t queries = std::max(kLanes, args.heads / args.kv_heads);
  const int64_t work = args.rows * args.heads * args.head_dim * longest;
  const int threads = work > kParallelElements ? omp_get_max_threads() : 1;
  const int64_t wide = args.head_dim * kLanes;
  std::vector<Scratch> scratch;
  std::vector<std::vector<const T*>> pointers(threads, std::vector<const T*>(queries));
  for (int i = 0; i < threads; ++i) {
    scratch.push_back({std::vector<float>(wide), std::vector<float>((longest + kTile) * kLanes),
                       std::vector<float>(wide), std::vector<float>(kTile * args.head_dim),
                       std::vector<float>(queries * args.head_dim), std::vector<float>(queries),
                       std::vector<float>(queries)});
  }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (int64_t item = 0; item < items; ++item) {
    const int me = omp_get_thread_num();
    attend_run(args, runs[item / args.kv_heads], item % args.kv_heads, scratch[me], pointers[me]);
  }
}

template void decode_attention_cpu(const DecodeAttention<float>&);
template void decode_attention_cpu(const DecodeAttention<bfloat16>&);

}  // namespace vqat::kernels
