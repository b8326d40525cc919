// One training step over packed groups: log-probabilities of policy and reference, loss, written backward,
// global-norm clip, AdamW. All or nothing: a step that is cancelled or fails leaves the weights as they were.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "train/arena.h"
#include "train/groups.h"
#include "train/pooled_head.h"

namespace vqat::train {

struct TrainerSettings {
  std::vector<std::string> trainable;  // vision, projector, language, motionProjector, motion, adapters
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  bool reference = false;          // keep a frozen copy for the KL term
  int64_t regression_outputs = 0;  // width of the pooled head; 0: none
  uint64_t regression_stream = 0;  // names its random start
  bool recompute = false;          // make a layer's activations again in the backward
  int64_t micro_tokens = 16384;    // most rows in a micro-batch
};

enum class Loss { kGrpo, kSft, kRegression };

struct StepRequest {
  Loss loss = Loss::kGrpo;
  GroupBatch batch;
  std::vector<float> advantages;     // grpo: one per completion
  std::vector<float> old_log_probs;  // grpo: one per completion token, or empty for ratio 1
  std::vector<float> weights;        // sft: one per completion token, or empty for 1 everywhere
  std::vector<float> targets;        // regression: [groups, outputs]
  double temperature = 1;
  double learning_rate = 0;
  double beta = 0;
  double clip_low = 0.2, clip_high = 0.2;
  double max_grad_norm = 1;  // infinity: no clipping
};

struct StepResult {
  double loss = 0, kl = 0, clip_fraction = 0, ratio = 1, grad_norm = 0;
  int64_t completion_tokens = 0;
  double seconds = 0;
  std::vector<float> predictions;  // regression, before the update
};

class Trainer {
 public:
  Trainer(std::shared_ptr<model::Model> model, TrainerSettings settings);

  StepResult step(const StepRequest& request, const CancelToken& cancel);

  void save(const std::string& path, const CancelToken& cancel) const;
  void restore(const std::vector<StoredTensor>& state, int64_t steps, const CancelToken& cancel) {
    arena_->restore(state, steps, cancel);
  }

 private:
  void accumulate(const StepRequest& request, const CancelToken& cancel, StepResult& result);
  void accumulate_regression(const StepRequest& request, const CancelToken& cancel, StepResult& result);

  std::shared_ptr<model::Model> model_;
  const TrainerSettings settings_;
  std::optional<PooledHead> pooled_;
  std::shared_ptr<model::Model> reference_;
  std::optional<Arena> arena_;  // last: it borrows the parameters of what stands above
};

// Log-probabilities of all completion tokens, by the path the trainer uses.
std::vector<float> log_probs(model::Model& model, const GroupBatch& batch, double temperature,
                             int64_t micro_tokens, const CancelToken& cancel);

// float32 [rows, vocabulary] of one prompt.
at::Tensor prompt_logits(model::Model& model, const GroupBatch& batch);

// Mean cross-entropy of the wanted next tokens of one prompt (−100: none) and the gradients of every
// parameter, in the order of the model. E_BUSY while a trainer holds the model.
struct Gradients {
  double loss = 0;
  NamedTensors gradients;
};
Gradients prompt_gradients(model::Model& model, const GroupBatch& batch, const std::vector<int32_t>& targets);

}  // namespace vqat::train
