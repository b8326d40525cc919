// What a loss is to a training step: it reads what the model gave for one micro-batch after the other and
// says how the loss changes with it, then what was measured over the whole step. Knows no model.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "tensor/host.h"
#include "tensor/ops/policy_loss.h"
#include "tensor/upload.h"
#include "train/groups.h"

namespace vqat::train {

// Means and shares are over completion tokens that count, those of ratios over sequences where a sequence has
// one; base/policy_objective.h says which ratios are low and high.
struct Metrics {
  double loss = 0;
  double kl = 0;                                          // mean
  double kl_term = 0;                                     // weighted as the loss, without beta
  double entropy = 0;                                     // mean
  double clip_fraction = 0, clip_low = 0, clip_high = 0;  // shares of ratios: both, low, high
  double clip_low_least = 0, clip_high_most = 0;          // the same of one sequence, the extreme one
  double ratio = 1;                                       // mean
  double phi = 0;                                         // mean over sequences
  std::vector<float> predictions = {};                    // regression, before the update
};

// What the model gave for a micro-batch, on its device.
struct Outputs {
  const MicroBatch& micro;
  at::Tensor values;     // float32 [completion tokens], or of the pooled head [clips, outputs]
  at::Tensor entropy;    // float32 [completion tokens]; undefined where the loss does not want it
  at::Tensor reference;  // the same
  at::Tensor weights;    // float64 [completion tokens]
};

// d(loss) with respect to the values and to the entropies, float32, of their shapes; undefined where 0.
struct Slopes {
  at::Tensor values;
  at::Tensor entropy = {};
};

// E_ARGUMENT unless an array of a request has one value for each.
inline void check_count(const char* name, size_t found, int64_t expected) {
  check(found == static_cast<size_t>(expected), name, ": expected ", expected, " values, found ", found);
}

// Part of an array of a request; none when the request has no such array.
template <class T>
std::span<const T> part(const std::vector<T>& values, int64_t begin, int64_t count) {
  if (values.empty()) return {};
  return std::span(values).subspan(static_cast<size_t>(begin), static_cast<size_t>(count));
}

// Made for one step, so that it may add up over micro-batches.
class Loss {
 public:
  virtual ~Loss() = default;
  // Predictions of the pooled head; else log-probabilities of completion tokens.
  virtual bool reads_predictions() const { return false; }
  // Log-probabilities of the frozen reference beside the policy's.
  virtual bool wants_reference() const { return false; }
  // Entropies beside the log-probabilities.
  virtual bool wants_entropy() const { return false; }
  // Must survey() have seen every micro-batch before the first slope is asked for?
  virtual bool surveys() const { return false; }
  virtual void survey(const Outputs& outputs) {}
  // E_ARGUMENT unless what the loss was made with fits a whole batch of this size; `outputs` of the pooled
  // head.
  virtual void check_fits(const BatchSize& size, int64_t outputs) const {}
  // Adds what slope() reads of this micro-batch to its one upload, which is sent before; `outputs` as above.
  virtual void gather(const MicroBatch& micro, int64_t outputs, Upload& upload) {}
  virtual Slopes slope(const Outputs& outputs) = 0;
  // Of all micro-batches so far; the first to wait for the device.
  virtual Metrics metrics() const = 0;
};

// GRPO and its relatives (kernels/policy_loss). Advantages one per completion; old log-probabilities one per
// completion token, or none for ratio 1. With beta above 0 it wants the reference.
std::unique_ptr<Loss> policy_loss(std::vector<float> advantages, std::vector<float> old_log_probs,
                                  PolicyObjective objective);
// Minus the weighted sum of log-probabilities.
std::unique_ptr<Loss> likelihood_loss();
// Mean over clips and outputs of smooth L1 with a threshold of 1; targets [clips, outputs].
std::unique_ptr<Loss> regression_loss(std::vector<float> targets);

}  // namespace vqat::train
