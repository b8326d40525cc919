// Looks at one prompt alone: its logits, and the gradients that wanted next tokens would give.
#pragma once

#include "tensor/weights.h"
#include "train/groups.h"

namespace vqat::train {

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
