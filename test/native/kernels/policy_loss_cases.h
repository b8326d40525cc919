// Case table of policy_loss: with and without old and reference log-probabilities, empty sequences, all
// clipped.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace vqat::kernels {

struct PolicyLossCase {
  const char* name;
  std::initializer_list<int64_t> lengths;  // tokens of each sequence
  bool old_logp, ref_logp;
  double drift;  // of the policy from the sampler and the reference
  double clip_low, clip_high, beta;
};

inline const PolicyLossCase kPolicyLossCases[] = {
    {"empty", {}, true, true, 0.1, 0.2, 0.2, 0.04},
    {"one token", {1}, true, true, 0.1, 0.2, 0.2, 0.04},
    {"on policy", {3, 7, 2}, false, true, 0.1, 0.2, 0.2, 0.04},
    {"no reference", {3, 7, 2}, true, false, 0.3, 0.2, 0.28, 0},
    {"uneven", {1, 300, 17, 0, 1025}, true, true, 0.3, 0.2, 0.28, 0.04},
    {"far", {40, 40}, true, true, 5, 0.2, 0.2, 1},
};

}  // namespace vqat::kernels
