// Case table of policy_loss: with and without old and reference log-probabilities, empty sequences, all
// clipped; and an objective of every kind, each of which runs over the shapes.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "base/policy_objective.h"

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

// Sequences around a warp and a block, empty ones first, last and in a row, and many of them.
inline const PolicyLossCase kPolicyLossAwkwardCases[] = {
    {"one of each length",
     {0, 1, 2, 31, 32, 33, 0, 0, 63, 64, 65, 255, 256, 257, 511, 512, 513, 1024, 1025, 0},
     true,
     true,
     0.1,
     0.2,
     0.2,
     0.04},
    {"nothing but empty ones", {0, 0, 0}, true, true, 0.1, 0.2, 0.2, 0.04},
    {"many short ones",
     {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3,
      8, 4, 6, 2, 6, 4, 3, 3, 8, 3, 2, 7, 9, 5, 0, 2, 8, 8},
     false,
     true,
     0.3,
     0.2,
     0.28,
     0.04},
};

// Clips at e^-0.36 and e^0.26, which ratios of the tests keep away from.
struct NamedObjective {
  const char* name;
  PolicyObjective objective;
  bool factor_is_fixed = false;  // its ratios have no gradient
};

inline const NamedObjective kPolicyObjectives[] = {
    {"clip", {.clip_low = 0.3, .clip_high = 0.3, .beta = 0.3}},
    {"clip, capped", {.clip_low = 0.3, .clip_high = 0.3, .cap = 1.4}},
    {"clip, capped inside", {.clip_low = 0.3, .clip_high = 0.9, .cap = 1.1}},
    {"clip by sequence", {.by_sequence = true, .clip_low = 0.3, .clip_high = 0.3, .beta = 0.3}},
    {"k1 times ratio",
     {.clip_low = 0.3, .clip_high = 0.3, .beta = 0.5, .kl = KlEstimator::kK1, .kl_times_ratio = true}},
    {"k2 times ratio",
     {.clip_low = 0.3, .clip_high = 0.3, .beta = 0.5, .kl = KlEstimator::kK2, .kl_times_ratio = true}},
    {"k3 times ratio", {.clip_low = 0.3, .clip_high = 0.3, .beta = 0.5, .kl_times_ratio = true}},
    {"k3 times ratio by sequence",
     {.by_sequence = true, .clip_low = 0.3, .clip_high = 0.3, .beta = 0.5, .kl_times_ratio = true}},
    {"cispo", {.surrogate = Surrogate::kCispo, .bound = 1.2, .beta = 0.3}, true},
    {"cispo by sequence", {.surrogate = Surrogate::kCispo, .by_sequence = true, .bound = 1.02}, true},
    {"sapo",
     {.surrogate = Surrogate::kSapo, .temperature_positive = 1, .temperature_negative = 1.05, .beta = 0.1}},
    {"sapo by sequence", {.surrogate = Surrogate::kSapo, .by_sequence = true, .temperature_negative = 2}},
    {"vespo",
     {.surrogate = Surrogate::kVespo,
      .k_positive = 2,
      .k_negative = 3,
      .lambda_positive = 3,
      .lambda_negative = 2,
      .beta = 0.1,
      .kl = KlEstimator::kK1},
     true},
    {"entropy", {.clip_low = 0.3, .clip_high = 0.3, .entropy_weight = 0.01, .off_policy_most = 0.04}},
};

}  // namespace vqat::kernels
