// Grouped sampling: one prefill per prompt, K samples from it. A sample depends on its prompt's named stream,
// its index and the position only; log-probabilities are of the full softmax at the temperature (1 when
// greedy), before top-k, top-p and banned tokens.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "model/model.h"

namespace vqat::generate {

struct Prompt {
  std::vector<int32_t> tokens;
  std::shared_ptr<model::Clip> clip;  // nullptr where there is none
  uint64_t stream = 0;
  int32_t samples = 1;
};

struct Settings {
  int64_t max_new_tokens = 1;
  double temperature = 1;  // 0: greedy
  int64_t top_k = 0;       // 0: all
  double top_p = 1;        // 1: all
  std::vector<int32_t> end_tokens;
  std::vector<int32_t> suppress;  // never sampled; image tokens never are
};

struct Sample {
  std::vector<int32_t> tokens;  // the end token included
  std::vector<float> log_probs;
  bool ended = false;  // by an end token, else by length
};

// Samples prompt-major. Safe points: between prefill parts and between positions.
std::vector<Sample> generate(model::Model& model, const std::vector<Prompt>& prompts,
                             const Settings& settings, const CancelToken& cancel);

}  // namespace vqat::generate
