// One position of every active sample: what the step's layers read, made once, and the decoder over it.
#pragma once

#include <vector>

#include "generate/kv_cache.h"
#include "model/model.h"

namespace vqat::generate {

// An active sample at the position that it feeds.
struct StepRow {
  int32_t token;
  int32_t table_row;  // of the rotary tables
  int32_t prompt, slot;
};

// All rows of a step on the device, in one order.
struct StepInputs {
  int64_t position;         // new tokens of each sample before this one
  at::Tensor tokens;        // int32 [rows]
  at::Tensor cache_slots;   // int64 [rows]
  ops::DecodeRows attends;  // the same slots, with prompts and lengths
  model::RotaryTables tables;
};

// `tables` without rows: those of the step's rows are filled in.
StepInputs step_inputs(const std::vector<StepRow>& rows, int64_t position, model::RotaryTables tables);

// Stores the rows' keys and values; logits [rows, vocabulary] for the next position.
at::Tensor decode(const model::Model& model, KvCache& cache, const StepInputs& step);

}  // namespace vqat::generate
