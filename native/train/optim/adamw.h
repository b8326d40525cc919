// AdamW (Loshchilov and Hutter 2019) with float32 moments and decoupled decay.
#pragma once

#include "train/optim/optimizer.h"

namespace vqat::train {

struct AdamWSettings {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  bool decays_all = false;  // biases and norms too
};

// Whether the parameter of this name decays where not all do: every one but biases and the weights of norms,
// as in the Trainer of transformers.
bool decays(const std::string& name);

// State: `m.` and `v.` before each parameter's name.
MakeOptimizer adamw(AdamWSettings settings = {});

}  // namespace vqat::train
