// The device's side of a generation after its prompts: one position of every active sample at a time, by one
// copy to the device and one back. The chosen tokens stay there and feed the next position.
#pragma once

#include <vector>

#include "generate/kv_cache.h"
#include "model/model.h"
#include "tensor/ops/sample.h"
#include "tensor/upload.h"

namespace vqat::generate {

// An active sample at the position that it feeds.
struct StepRow {
  int32_t source;     // its row when the token that it feeds was chosen
  int32_t table_row;  // of the rotary tables
  int32_t prompt, slot;
  double uniform;  // chooses the next token
};

// What a generation's positions have in common.
struct StepSettings {
  model::RotaryTables tables;  // without rows
  at::Tensor banned;           // byte [vocabulary]
  ops::SampleRule rule;
};

// How many rows a step of so many samples takes: as many, or, so that a few sizes serve all, the next of 1,
// 2, 4 and the multiples of 8. The rows beyond repeat the first sample, store into the spare slot and are
// ignored.
using RowCount = int64_t (*)(int64_t samples);
int64_t exact_rows(int64_t samples);
int64_t padded_rows(int64_t samples);
// Padded where a step can be recorded once for a size: not on the CPU, where a row costs as much as a sample.
RowCount row_count(const at::Device& device);

// All buffers are made once, for the largest step; a smaller one uses their first rows. So all steps of one
// row count read and write the same memory.
class Stepper {
 public:
  // For at most so many samples.
  Stepper(const model::Model& model, KvCache& cache, StepSettings settings, int64_t samples, RowCount rows);

  // The first token of each sample: prompt_logits [prompts, vocabulary], of which each row reads its
  // prompt's.
  ops::HostSampled first(const at::Tensor& prompt_logits, const std::vector<StepRow>& rows);
  // The token at `position` > 0 of each: stores keys and values of the one before.
  ops::HostSampled next(const std::vector<StepRow>& rows, int64_t position);

  // Where the last step's inputs, logits, attended rows and chosen tokens lie.
  std::vector<const void*> addresses() const;

 private:
  struct Inputs {
    at::Tensor uniforms;    // float64 [rows]
    at::Tensor sources;     // int32 [rows], of the step before
    at::Tensor table_rows;  // int32 [rows]
    KvRows cache;
  };

  // The first rows of all buffers, for so many samples.
  void resize(size_t samples);
  // Inputs of the rows at this position, in one copy.
  void send(const std::vector<StepRow>& rows, int64_t position);
  ops::HostSampled choose(size_t samples);

  const model::Model& model_;
  KvCache& cache_;
  const StepSettings settings_;
  const RowCount row_count_;
  at::Tensor input_memory_, logits_memory_, attended_memory_, chosen_memory_;
  int64_t rows_ = 0;  // of the step
  Inputs in_;
  at::Tensor logits_;    // [rows, vocabulary]
  at::Tensor attended_;  // [rows, heads·head_width]; every layer's attention writes here
  ops::Sampled chosen_;
};

}  // namespace vqat::generate
