// Decode attention on CUDA: one block per active row and query head. Each of its warps walks over every
// kWarps-th position with a running softmax, lanes over the head's width; the warps are merged in shared
// memory in a fixed order. Keys and values of a prompt are read once per query head from L2, where siblings
// meet. Scores and sums float32.
#include <cmath>

#include "kernels/cuda/device.cuh"
#include "kernels/decode_attention/decode_attention.h"

namespace vqat::kernels {
namespace {

constexpr int kWarps = 8;
constexpr int kMostPerLane = 8;  // of the head's width: 256 in all

template <class T>
__global__ void __launch_bounds__(kWarps* kWarp) attend(DecodeAttention<T> args) {
  __shared__ float maxima[kWarps], sums[kWarps], values[kWarps][kMostPerLane * kWarp];
  const int64_t a = blockIdx.x;
  const int64_t head = blockIdx.y;
  const int64_t kv_head = head / (args.heads / args.kv_heads);
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  const int64_t d = args.head_dim;
  const int64_t prompt_begin = args.prompt_offsets[args.group[a]];
  const int64_t prompt_length = args.prompt_offsets[args.group[a] + 1] - prompt_begin;
  const int64_t own_begin = args.slot[a] * args.max_new;
  const int64_t length = prompt_length + args.own_length[a];

  float query[kMostPerLane], value[kMostPerLane];
  for (int c = 0; c < kMostPerLane; ++c) {
    const int64_t j = c * kWarp + lane;
    query[c] = j < d ? args.scale * static_cast<float>(args.q[(a * args.heads + head) * d + j]) : 0.0f;
    value[c] = 0;
  }
  float largest = -INFINITY, sum = 0;
  for (int64_t t = warp; t < length; t += kWarps) {
    const bool prompt = t < prompt_length;
    const int64_t line = prompt ? prompt_begin + t : own_begin + t - prompt_length;
    const int64_t at = (line * args.kv_heads + kv_head) * d;
    const T* k = (prompt ? args.prompt_k : args.own_k) + at;
    const T* v = (prompt ? args.prompt_v : args.own_v) + at;
    float dot = 0;
    for (int c = 0; c < kMostPerLane; ++c) {
      const int64_t j = c * kWarp + lane;
      if (j < d) dot += query[c] * static_cast<float>(k[j]);
    }
    const float score = warp_reduce(dot, Add());
    const float joint = fmaxf(largest, score);
    const float before = expf(largest - joint);
    const float weight = expf(score - joint);
    for (int c = 0; c < kMostPerLane; ++c) {
      const int64_t j = c * kWarp + lane;
      if (j < d) value[c] = value[c] * before + weight * static_cast<float>(v[j]);
    }
    sum = sum * before + weight;
    largest = joint;
  }
  if (lane == 0) {
    maxima[warp] = largest;
    sums[warp] = sum;
  }
  for (int c = 0; c < kMostPerLane; ++c) values[warp][c * kWarp + lane] = value[c];
  __syncthreads();

  // A warp without positions has maximum -inf and so weight 0; the first warp always has one.
  float top = maxima[0];
  for (int w = 1; w < kWarps; ++w) top = fmaxf(top, maxima[w]);
  float total = 0;
  for (int w = 0; w < kWarps; ++w) total += sums[w] * expf(maxima[w] - top);
  for (int64_t j = threadIdx.x; j < d; j += kWarps * kWarp) {
    float merged = 0;
    for (int w = 0; w < kWarps; ++w) merged += values[w][j] * expf(maxima[w] - top);
    args.out[(a * args.heads + head) * d + j] = merged / total;
  }
}

}  // namespace

template <class T>
void decode_attention_cuda(const DecodeAttention<T>& args, void* stream) {
  check(args.head_dim <= kMostPerLane * kWarp, "decode_attention: expected head_dim up to ",
        kMostPerLane * kWarp, " on CUDA, found ", args.head_dim);
  if (args.rows == 0) return;
  const dim3 grid(static_cast<unsigned>(args.rows), static_cast<unsigned>(args.heads));
  launch("decode_attention", attend<T>, grid, kWarps * kWarp, stream, args);
}

template void decode_attention_cuda(const DecodeAttention<float>&, void*);
template void decode_attention_cuda(const DecodeAttention<bfloat16>&, void*);

}  // namespace vqat::kernels
