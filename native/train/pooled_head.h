// A linear head on pooled encoder outputs, for pre-training the encoders by regression: the mean of a clip's
// visual tokens after the projector, beside its motion token → outputs. Smooth L1 with a threshold of 1.
#pragma once

#include "model/model.h"

namespace vqat::train {

class PooledHead {
 public:
  // Weights normal with deviation 1/√inputs from the named stream, bias zero.
  PooledHead(const model::Model& model, bool motion, int64_t outputs, uint64_t stream);

  struct Saved {
    at::Tensor pooled;            // float32 [clips, inputs]
    std::vector<int64_t> counts;  // visual tokens of each clip
  };

  // Predictions float32 [clips, outputs].
  at::Tensor forward(const model::Model::Projected& projected, const std::vector<int64_t>& counts,
                     Saved& saved) const;
  // Gradients of the projected tokens, in their dtype; adds to the head's own.
  model::Model::Projected backward(const at::Tensor& dpredictions, const Saved& saved,
                                   at::ScalarType dtype) const;

  std::vector<Parameter*> parameters() const { return store_->in_order(); }
  int64_t outputs() const { return linear_.weight->value.size(0); }

 private:
  int64_t hidden_;
  bool motion_;
  std::unique_ptr<ParameterStore> store_;
  Linear linear_;
};

}  // namespace vqat::train
