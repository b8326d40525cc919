// The formulas of policy_loss.h for one sequence and one token, the same for both twins: these differ in who
// adds up what. In double; what is not a number stays so. Also read by the CUDA compiler.
#pragma once

#include <cmath>

#include "kernels/bf16.h"
#include "kernels/policy_loss/policy_loss.h"

namespace vqat::kernels {

// An estimate of the divergence at a token, and its slope with respect to log p.
struct Divergence {
  double value, slope;
};

// A surrogate, and its slope: with respect to the log of the ratio where `through_ratio`, else to log p.
struct SurrogateTerm {
  double value, slope;
};

// What is known of a sequence when all its tokens are seen: sums over counted ones.
struct SequenceSums {
  double tokens = 0;
  double gap = 0;          // of log p - log p_old
  double bounded_gap = 0;  // the same, each held within 20
  double learning = 0;     // weights of tokens that learn by the surrogate
  double kl = 0;           // weight * divergence
};

// What all tokens of a sequence share.
struct SequenceTerms {
  double ratio = 1;    // by_sequence
  double phi = 1;      // kVespo
  bool learns = true;  // by its surrogate
  double spread = 0;   // by_sequence: of every token's slope, the part that comes through the ratio
};

VQAT_HOST_DEVICE inline double within(double value, double least, double most) {
  return value < least ? least : (value > most ? most : value);
}

VQAT_HOST_DEVICE inline Divergence divergence_of(KlEstimator estimator, double logp, double ref_logp) {
  const double gap = ref_logp - logp;
  if (estimator == KlEstimator::kK1) return {-gap, 1};
  if (estimator == KlEstimator::kK2) return {gap * gap / 2, -gap};
  return {exp(gap) - gap - 1, 1 - exp(gap)};
}

VQAT_HOST_DEVICE inline bool through_ratio(const PolicyObjective& o) {
  return o.surrogate == Surrogate::kClip || o.surrogate == Surrogate::kSapo;
}

// Whether a sequence must be seen whole before its first token is computed.
VQAT_HOST_DEVICE inline bool reads_sequences(const PolicyObjective& o) {
  return o.by_sequence || o.surrogate == Surrogate::kVespo || o.off_policy_most < PolicyObjective::kNone;
}

VQAT_HOST_DEVICE inline SurrogateTerm clip_of(const PolicyObjective& o, double ratio, double advantage) {
  const double held = within(ratio, 1 - o.clip_low, 1 + o.clip_high);
  const bool capped = ratio > o.cap;
  const double free = capped ? o.cap : ratio;
  // A cap inside the clip: the clip's branch may be the smaller one and still follow the ratio.
  if (held * advantage < free * advantage) return {-held * advantage, held == ratio ? -ratio * advantage : 0};
  return {-free * advantage, capped ? 0 : -ratio * advantage};
}

// Gamma weights of the ratio of a whole sequence, whose log is held between log 1e-8 and 20.
VQAT_HOST_DEVICE inline double phi_of(const PolicyObjective& o, double gap, double advantage) {
  const double held = within(gap, -18.420680743952367, 20);
  const double k = advantage >= 0 ? o.k_positive : o.k_negative;
  const double lambda = advantage >= 0 ? o.lambda_positive : o.lambda_negative;
  return exp(lambda + k * held - lambda * exp(held));
}

VQAT_HOST_DEVICE inline SurrogateTerm surrogate_of(const PolicyObjective& o, double ratio, double phi,
                                                   double advantage, double logp) {
  if (o.surrogate == Surrogate::kClip) return clip_of(o, ratio, advantage);
  if (o.surrogate == Surrogate::kSapo) {
    const double t = advantage > 0 ? o.temperature_positive : o.temperature_negative;
    const double gate = 1 / (1 + exp(-t * (ratio - 1)));
    return {-4 / t * gate * advantage, -4 * gate * (1 - gate) * ratio * advantage};
  }
  const double factor = o.surrogate == Surrogate::kVespo ? phi : (ratio > o.bound ? o.bound : ratio);
  return {-factor * advantage * logp, -factor * advantage};
}

VQAT_HOST_DEVICE inline bool is_low(const PolicyObjective& o, double ratio, double advantage) {
  return o.surrogate == Surrogate::kClip && advantage < 0 && ratio < 1 - o.clip_low;
}
VQAT_HOST_DEVICE inline bool is_high(const PolicyObjective& o, double ratio, double advantage) {
  if (advantage <= 0) return false;
  if (o.surrogate == Surrogate::kCispo) return ratio > o.bound;
  return o.surrogate == Surrogate::kClip && ratio > 1 + o.clip_high && o.cap > 1 + o.clip_high;
}

VQAT_HOST_DEVICE inline bool learns_at(const PolicyLoss& args, int64_t token) {
  return !(args.entropy && args.entropy[token] < args.entropy_floor);
}

VQAT_HOST_DEVICE inline double log_ratio_at(const PolicyLoss& args, int64_t token) {
  return args.old_logp ? static_cast<double>(args.logp[token]) - args.old_logp[token] : 0;
}

VQAT_HOST_DEVICE inline void look_at(const PolicyLoss& args, int64_t token, SequenceSums& sums) {
  const double weight = args.weights[token], gap = log_ratio_at(args, token);
  if (weight == 0) return;
  sums.tokens += 1;
  sums.gap += gap;
  sums.bounded_gap += within(gap, -20, 20);
  if (learns_at(args, token)) sums.learning += weight;
  if (args.ref_logp)
    sums.kl += weight * divergence_of(args.objective.kl, args.logp[token], args.ref_logp[token]).value;
}

VQAT_HOST_DEVICE inline SequenceTerms sequence_terms(const PolicyObjective& o, const SequenceSums& sums,
                                                     double advantage) {
  SequenceTerms terms;
  const double count = sums.tokens > 0 ? sums.tokens : 1;
  terms.learns = advantage >= 0 || !(-sums.gap / count > o.off_policy_most);
  if (o.surrogate == Surrogate::kVespo) terms.phi = phi_of(o, sums.bounded_gap, advantage);
  if (!o.by_sequence) return terms;
  terms.ratio = exp(sums.gap / count);
  if (terms.learns && through_ratio(o))
    terms.spread = sums.learning * surrogate_of(o, terms.ratio, terms.phi, advantage, 0).slope / count;
  if (o.kl_times_ratio) terms.spread += o.beta * sums.kl * terms.ratio / count;
  return terms;
}

// One token: writes its slopes and adds to the sums, those of ratios where each token has one.
VQAT_HOST_DEVICE inline void add_token(const PolicyLoss& args, const PolicySlopes& slopes, int64_t token,
                                       double advantage, const SequenceTerms& terms, PolicySums& sums) {
  const PolicyObjective& o = args.objective;
  const double weight = args.weights[token], logp = args.logp[token];
  slopes.logp[token] = 0;
  if (slopes.entropy) slopes.entropy[token] = 0;
  if (weight == 0) return;
  const double ratio = o.by_sequence ? terms.ratio : exp(log_ratio_at(args, token));
  SurrogateTerm term{0, 0};
  const bool learns = learns_at(args, token);
  if (terms.learns && learns) {
    term = surrogate_of(o, ratio, terms.phi, advantage, logp);
    if (o.by_sequence && through_ratio(o)) term.slope = 0;
  }
  if (args.ref_logp) {
    Divergence kl = divergence_of(o.kl, logp, args.ref_logp[token]);
    if (o.kl_times_ratio) {
      kl.slope = ratio * (o.by_sequence ? kl.slope : kl.slope + kl.value);
      kl.value *= ratio;
    }
    term.value += o.beta * kl.value;
    term.slope += o.beta * kl.slope;
    sums.kl += weight * kl.value;
    sums.plain_kl += kl.value;
  }
  slopes.logp[token] =
      static_cast<float>(o.by_sequence ? weight * term.slope + terms.spread : weight * term.slope);
  sums.loss += weight * term.value;
  sums.tokens += 1;
  if (args.entropy) {
    sums.entropy += args.entropy[token];
    if (learns) sums.loss -= o.entropy_weight * args.entropy[token];
    if (learns && slopes.entropy) slopes.entropy[token] = static_cast<float>(-o.entropy_weight);
  }
  if (o.by_sequence) return;
  sums.ratios += 1;
  sums.ratio += ratio;
  sums.low += is_low(o, ratio, advantage);
  sums.high += is_high(o, ratio, advantage);
}

// A sequence whose tokens are added: `tokens` counted ones, with `low` and `high` ratios.
VQAT_HOST_DEVICE inline void add_sequence(const PolicyObjective& o, const SequenceTerms& terms,
                                          double advantage, double tokens, double low, double high,
                                          PolicySums& sums) {
  if (o.by_sequence) {
    tokens = 1;
    low = is_low(o, terms.ratio, advantage);
    high = is_high(o, terms.ratio, advantage);
    sums.ratios += 1;
    sums.ratio += terms.ratio;
    sums.low += low;
    sums.high += high;
  }
  if (tokens > 0) {
    sums.not_low_most = fmax(sums.not_low_most, 1 - low / tokens);
    sums.high_most = fmax(sums.high_most, high / tokens);
  }
  sums.sequences += 1;
  if (o.surrogate == Surrogate::kVespo) sums.phi += terms.phi;
}

}  // namespace vqat::kernels
