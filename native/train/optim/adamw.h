// AdamW (Loshchilov and Hutter 2019) with float32 moments and decoupled decay on every value.
#pragma once

#include "train/optim/optimizer.h"

namespace vqat::train {

struct AdamWSettings {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
};

// State: `m.` and `v.` before each parameter's name.
MakeOptimizer adamw(AdamWSettings settings = {});

}  // namespace vqat::train
