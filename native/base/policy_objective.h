// The settings of a policy objective and what it adds up to, as plain numbers: what crosses the wall and what
// the kernels compute. The formulas are in kernels/policy_loss. C++17, because the CUDA compiler reads it.
#pragma once

#include <limits>

namespace vqat {

// What a ratio r and an advantage A make of a token.
enum class Surrogate {
  kClip,   // -min(min(r, cap) A, clip(r, 1 - low, 1 + high) A)
  kCispo,  // -min(r, bound) A log p, the factor without a gradient
  kSapo,   // -4 / t sigmoid(t (r - 1)) A
  kVespo,  // -phi(R) A log p, R the ratio of the whole sequence, phi without a gradient
};

// How the divergence from the reference is estimated at a token, d = log p - log p_ref.
enum class KlEstimator {
  kK1,  // d
  kK2,  // d^2 / 2
  kK3,  // exp(-d) + d - 1
};

struct PolicyObjective {
  static constexpr double kNone = std::numeric_limits<double>::infinity();

  Surrogate surrogate = Surrogate::kClip;
  bool by_sequence = false;  // one r for a sequence, exp of its mean log-ratio, instead of one for each token

  double clip_low = 0.2, clip_high = 0.2;  // kClip: [0, 1], >= 0
  double cap = kNone;                      // kClip: > 0
  double bound = 0;                        // kCispo: > 0

  // By the sign of A. kSapo: t, > 0. kVespo: phi(R) = exp(l) R^k exp(-l R).
  double temperature_positive = 1, temperature_negative = 1;
  double k_positive = 0, k_negative = 0;
  double lambda_positive = 0, lambda_negative = 0;

  double beta = 0;  // of the divergence, >= 0
  KlEstimator kl = KlEstimator::kK3;
  bool kl_times_ratio = false;  // the estimate is multiplied by r, whose gradient counts

  // Of the entropy of every counted token that learns, which the loss is less by; >= 0.
  double entropy_weight = 0;
  double off_policy_most = kNone;  // a sequence with A < 0 that is further from the sampler is left out
  double top_entropy = 1;          // share of a step's tokens that learn, those of most entropy; (0, 1]
};

// What a step's tokens and sequences add up to; zeros to begin with. A ratio is low below 1 - clip_low where
// A < 0, high above 1 + clip_high where A > 0 (kCispo: above bound); it is a token's, or by_sequence a
// sequence's.
struct PolicySums {
  double loss = 0;
  double kl = 0;         // weighted as the loss, without beta
  double plain_kl = 0;   // sum over tokens, unweighted
  double low = 0;        // ratios that are low
  double high = 0;       // ratios that are high
  double ratios = 0;     // all: counted tokens, or sequences
  double ratio = 0;      // sum of them
  double tokens = 0;     // counted
  double entropy = 0;    // sum over tokens
  double phi = 0;        // kVespo: sum over sequences
  double sequences = 0;  // all, those without a counted token too
  // Not added: the largest share that a sequence's ratios have, of those that are not low, and of high ones;
  // a sequence without a ratio of its own has none.
  double not_low_most = 0;
  double high_most = 0;
};
// The first so many are added up.
constexpr int kAddedPolicySums = 11;
static_assert(sizeof(PolicySums) == (kAddedPolicySums + 2) * sizeof(double), "sums are doubles alone");

}  // namespace vqat
