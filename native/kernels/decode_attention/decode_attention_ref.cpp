// Decode attention as defined in decode_attention.h, in plain loops and double. Never tuned.
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/decode_attention/decode_attention.h"

namespace vqat::kernels {
namespace {

// One query head of one row: where its keys and values lie.
template <class T>
struct Head {
  const DecodeAttention<T>& args;
  int64_t row, head;

  int64_t prompt_begin() const { return args.prompt_offsets[args.group[row]]; }
  int64_t prompt_length() const { return args.prompt_offsets[args.group[row] + 1] - prompt_begin(); }
  int64_t length() const { return prompt_length() + args.own_length[row]; }

  // Row t, the prompt's first, of keys or of values.
  const T* at(const T* prompt, const T* own, int64_t t) const {
    const int64_t kv_head = head / (args.heads / args.kv_heads);
    const int64_t line =
        t < prompt_length() ? prompt_begin() + t : args.slot[row] * args.max_new + t - prompt_length();
    return (t < prompt_length() ? prompt : own) + (line * args.kv_heads + kv_head) * args.head_dim;
  }

  double score(int64_t t) const {
    const T* q = args.q + (row * args.heads + head) * args.head_dim;
    const T* k = at(args.prompt_k, args.own_k, t);
    double dot = 0;
    for (int64_t j = 0; j < args.head_dim; ++j) {
      dot += static_cast<double>(static_cast<float>(q[j])) * static_cast<float>(k[j]);
    }
    return dot * args.scale;
  }
};

}  // namespace

template <class T>
void decode_attention_ref(const DecodeAttention<T>& args) {
  for (int64_t a = 0; a < args.rows; ++a) {
    for (int64_t h = 0; h < args.heads; ++h) {
      const Head<T> head{args, a, h};
      std::vector<double> weights(head.length());
      for (int64_t t = 0; t < head.length(); ++t) weights[t] = head.score(t);
      const double largest = *std::max_element(weights.begin(), weights.end());
      double sum = 0;
      for (double& weight : weights) {
        weight = std::exp(weight - largest);
        sum += weight;
      }
      for (int64_t j = 0; j < args.head_dim; ++j) {
        double value = 0;
        for (int64_t t = 0; t < head.length(); ++t) {
          value += weights[t] * static_cast<float>(head.at(args.prompt_v, args.own_v, t)[j]);
        }
        args.out[(a * args.heads + h) * args.head_dim + j] = static_cast<float>(value / sum);
      }
    }
  }
}

template void decode_attention_ref(const DecodeAttention<float>&);
template void decode_attention_ref(const DecodeAttention<bfloat16>&);

}  // namespace vqat::kernels
