// How sample_cuda.cu reads a row: keys that order ids, and a thread's share of a slice. No torch; C++17.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/row.cuh"
#include "kernels/sample/sample.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 256;
constexpr int kEach = kSampleSlice / kThreads;  // ids of a slice that one thread holds
constexpr uint32_t kNoCut = 0xFFFFFFFFu;        // above the key of every finite logit
constexpr unsigned long long kWorst = ~0ull;

struct Least {
  template <class V>
  __device__ V operator()(V a, V b) const {
    return b < a ? b : a;
  }
};

// A key has as many bits as the storage type, and rises as the logit falls; +0 and -0 have one key.
template <class T>
constexpr int kKeyBits = 8 * sizeof(T);

template <class T>
__device__ uint32_t key_of(float logit) {
  const uint32_t bits = __float_as_uint(logit + 0.0f);  // -0 becomes 0
  const uint32_t falling = bits & 0x80000000u ? bits : ~(bits | 0x80000000u);
  return falling >> (32 - kKeyBits<T>);
}

template <class T>
__device__ float logit_of(uint32_t key) {
  // A bfloat16's lower half is 0, in the key of a number that is not negative all ones.
  if (kKeyBits<T> == 16) key = key << 16 | (key & 0x8000u ? 0u : 0xFFFFu);
  return __uint_as_float(key & 0x80000000u ? key : ~key & 0x7FFFFFFFu);
}

// Larger logit first, then lower id.
template <class T>
__device__ unsigned long long rank_of(float logit, int32_t id) {
  return static_cast<unsigned long long>(key_of<T>(logit)) << 32 | static_cast<uint32_t>(id);
}

// A thread's share of a slice: pairs of ids, kThreads pairs apart.
struct Share {
  float logit[kEach];  // -inf past the end of the row
  unsigned free;       // bit e: logit[e] is neither banned nor -inf
};

__device__ int id_of(int begin, int e) {
  return begin + 2 * (static_cast<int>(threadIdx.x) + e / 2 * kThreads) + e % 2;
}

template <class T>
__device__ Share load_share(const T* row, const uint8_t* banned, int vocabulary, int begin) {
  const bool paired = holds_pairs(row), paired_bans = banned && holds_pairs(banned);
  Share mine{};
  for (int e = 0; e < kEach; e += 2) {
    const int id = id_of(begin, e);
    const Pair<T> logits = load_pair(row, id, vocabulary, paired, T(-INFINITY));
    mine.logit[e] = logits.first;
    mine.logit[e + 1] = logits.second;
    Pair<uint8_t> bans{0, 0};
    if (banned) bans = load_pair(banned, id, vocabulary, paired_bans, uint8_t{1});
    if (!bans.first && mine.logit[e] > -INFINITY) mine.free |= 1u << e;
    if (!bans.second && mine.logit[e + 1] > -INFINITY) mine.free |= 2u << e;
  }
  return mine;
}

}  // namespace
}  // namespace vqat::kernels
