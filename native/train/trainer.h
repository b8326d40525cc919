// One training step over packed groups: log-probabilities of policy and reference, loss, written backward,
// global-norm clip, optimiser. All or nothing: a step that is cancelled or fails leaves the weights as they
// were.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "train/losses/loss.h"
#include "train/optim/adamw.h"
#include "train/pooled_head.h"

namespace vqat::train {

struct TrainerSettings {
  std::vector<std::string> trainable;  // vision, projector, language, motionProjector, motion, adapters
  MakeOptimizer optimizer = adamw();
  bool masters = true;             // float32 ones beside a bfloat16 model's values
  bool reference = false;          // keep a frozen copy for the KL term
  int64_t regression_outputs = 0;  // width of the pooled head; 0: none
  uint64_t regression_stream = 0;  // names its random start
  bool recompute = false;          // make a layer's activations again in the backward
  int64_t micro_tokens = 16384;    // most rows in a micro-batch
  int64_t micro_videos = 0;        // most groups in one; 0: as many as there is room for
};

struct StepRequest {
  GroupBatch batch;
  std::unique_ptr<Loss> loss;
  std::vector<double> weights;  // one per completion token
  double temperature = 1;
  double learning_rate = 0;
  std::vector<double> learning_rates;  // one per part of `trainable`, in its order; empty: learning_rate
  double max_grad_norm = std::numeric_limits<double>::infinity();  // infinity: no clipping
};

struct StepResult {
  Metrics metrics;
  double grad_norm = 0;
  int64_t completion_tokens = 0;
  double seconds = 0;
};

// All that a bit-exact continuation needs, as it lies in a file.
struct StoredState {
  int64_t steps = 0;
  std::string optimizer;
  int64_t ranks = 1;  // processes that wrote it
  std::vector<StoredTensor> tensors;
};

class Trainer {
 public:
  Trainer(std::shared_ptr<model::Model> model, TrainerSettings settings);

  // Bytes that a trainer of these settings holds beside the model's weights: gradients, masters, the
  // reference and what the optimiser remembers.
  static double planned_bytes(model::Model& model, const TrainerSettings& settings);
  int64_t micro_tokens() const { return settings_.micro_tokens; }

  StepResult step(const StepRequest& request, const CancelToken& cancel);

  // One safetensors file: `master.` before each parameter's name, and the optimiser's own tensors; steps,
  // optimizer and ranks are its metadata.
  void save(const std::string& path, const CancelToken& cancel) const;
  // E_FORMAT, and nothing is changed, unless the state is of this optimiser and of one process and holds
  // exactly the tensors that save() writes, of their types and shapes.
  void restore(const StoredState& stored, const CancelToken& cancel);

 private:
  // A micro-batch on the device, by one upload.
  struct Sent {
    model::PackedBatch packed;  // where the loss does not read predictions
    at::Tensor weights;
  };
  // From encoded features to what the loss reads, with what the backward needs.
  struct Pass {
    at::Tensor values;
    Forward tokens;
    PooledHead::Saved pooled;  // where the loss reads predictions
  };

  NamedTensors state() const;
  void check_step(const StepRequest& request, const BatchSize& size) const;
  // Of range i of the arena.
  double rate_of(const StepRequest& request, size_t i) const;
  void update(const StepRequest& request);
  // Gradients of the whole batch.
  void accumulate(const StepRequest& request, const CancelToken& cancel);
  Sent send(const StepRequest& request, const MicroBatch& micro) const;
  at::Tensor reference_log_probs(const StepRequest& request, const MicroBatch& micro,
                                 const model::PackedBatch& packed, const model::Features& features) const;
  Pass forward(const StepRequest& request, const model::PackedBatch& packed, const model::Features& features,
               bool keep, model::ModelSaved saved) const;
  // Shows the loss a micro-batch before the step's first slope.
  void survey(const StepRequest& request, const MicroBatch& micro) const;
  void backward(const StepRequest& request, const model::PackedBatch& packed, const Pass& pass,
                const Slopes& slopes) const;
  // Of the pooled head; 0 without one.
  int64_t outputs() const { return pooled_ ? pooled_->outputs() : 0; }

  std::shared_ptr<model::Model> model_;
  const TrainerSettings settings_;
  std::optional<PooledHead> pooled_;
  std::shared_ptr<model::Model> reference_;
  std::optional<Arena> arena_;  // below what it borrows parameters from
  std::vector<size_t> parts_;   // of its ranges: places in `trainable`; its size for the pooled head
  std::unique_ptr<Optimizer> optimizer_;
  int64_t steps_ = 0;
};

}  // namespace vqat::train
