// AdamW (Loshchilov and Hutter 2019) with decoupled decay, its moments as narrow as is asked.
#pragma once

#include "train/optim/numbers.h"
#include "train/optim/optimizer.h"

namespace vqat::train {

struct AdamWSettings {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  bool decays_all = false;  // biases and norms too
  // Of both moments. In 8 bits, those of parameters of fewer than kLeast8 values and of the token embedding
  // stay float32, as in bitsandbytes and in the Trainer of transformers.
  Width moments = Width::kFloat32;
};

constexpr int64_t kLeast8 = 4096;

// Whether the parameter of this name decays where not all do: every one but biases and the weights of norms,
// as in the Trainer of transformers.
bool decays(const std::string& name);

// State: `m.` and `v.` before each parameter's name; with 8 bits, codes under these and a scale for each
// block under `m_absmax.` and `v_absmax.`. The update is from the moments before they are made narrow.
MakeOptimizer adamw(AdamWSettings settings = {});

}  // namespace vqat::train
