// Trained values, their gradients and the optimiser's moments as flat float32 arrays, in the order in which
// the backward finishes them, each parameter padded to a block. Fused updates, clipping and (later) sharding
// are loops over ranges, not over names.
#pragma once

#include <vector>

#include "tensor/parameter.h"
#include "tensor/weights.h"

namespace vqat::train {

class Arena {
 public:
  // Takes the parameters over: their values become views of one array, their gradients views of another.
  explicit Arena(const std::vector<Parameter*>& parameters);
  // Gradients are taken away again; the values stay.
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void zero_gradients() { gradients_.zero_(); }
  // Global L2 norm of the gradients. E_NUMERIC naming the first tensor with one that is not finite.
  double gradient_norm() const;
  void scale_gradients(double factor) { gradients_.mul_(factor); }
  // One AdamW step (Loshchilov and Hutter 2019), decoupled decay on every value; then values follow masters.
  void adamw(double learning_rate, double beta1, double beta2, double epsilon, double weight_decay);

  int64_t steps() const { return steps_; }
  // `master.`, `m.`, `v.` before each parameter's name.
  NamedTensors state() const;
  // E_FORMAT unless `stored` holds exactly the tensors that state() names.
  void restore(const std::vector<StoredTensor>& stored, int64_t steps, const CancelToken& cancel);

 private:
  struct Range {
    Parameter* parameter;
    int64_t begin, count;
  };
  at::Tensor slice(const at::Tensor& flat, const Range& range) const;

  std::vector<Range> ranges_;
  at::Tensor values_;     // the model's dtype
  at::Tensor masters_;    // float32; the same array as values_ when the model is float32
  at::Tensor gradients_;  // float32
  at::Tensor m_, v_;      // float32
  int64_t steps_ = 0;
};

}  // namespace vqat::train
