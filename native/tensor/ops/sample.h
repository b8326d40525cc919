// One token per row of logits, with its log-probability; the rule is in kernels/sample.
#pragma once

#include <vector>

#include "tensor/torch_compat.h"

namespace vqat::ops {

struct SampleRule {
  double temperature = 1;  // 0: greedy
  int64_t top_k = 0;       // 0: all
  double top_p = 1;        // 1: all
};

// What is chosen for some rows, in one array, so that one copy brings it to the host.
struct Sampled {
  at::Tensor words;      // int32 [2·rows]
  at::Tensor tokens;     // its first half: int32; −1 where the logits are not finite or no token is left
  at::Tensor log_probs;  // its second half as float32
};
// Cuts int32 [2·rows] so.
Sampled sampled_in(const at::Tensor& words);

// logits [rows, vocabulary], rows contiguous; uniforms double [rows] in [0, 1); banned byte [vocabulary],
// nonzero: never chosen. Writes `out`.
void sample(const at::Tensor& logits, const at::Tensor& uniforms, const at::Tensor& banned,
            const SampleRule& rule, const Sampled& out);

struct HostSampled {
  std::vector<int32_t> tokens;
  std::vector<float> log_probs;
};
// What is chosen for the first `rows` rows, by one copy.
HostSampled read(const Sampled& sampled, int64_t rows);

}  // namespace vqat::ops
