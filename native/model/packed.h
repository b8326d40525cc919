// The one layout of a batch: groups end to end, no padding. A group is a prompt and its responses; every
// token is a row of one [rows, hidden] matrix, and only attention reads the offsets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/rotary.h"
#include "tensor/upload.h"

namespace vqat::model {

// Equal-length responses that lie side by side: `count` runs of `length` rows from `begin`.
struct ResponseRun {
  int64_t begin, count, length;
};

struct Group {
  int64_t begin;          // first row; the prompt's
  int64_t prompt_length;  // ≥ 1
  int64_t response_rows;  // all responses together; they follow the prompt
  std::vector<ResponseRun> runs;
};

// Where tokens are predicted: rows[i] is the row whose output predicts ids[i].
struct Targets {
  at::Tensor rows;  // int64 [targets]
  at::Tensor ids;   // int32 [targets]
};

struct PackedBatch {
  std::vector<Group> groups;
  int64_t rows = 0;

  at::Tensor tokens;    // int64 [rows]
  RotaryTables rotary;  // a response continues its prompt's count
  Targets targets;      // all completion tokens; completion-major, group by group

  at::Tensor visual_rows;   // int64, rows of the slots of visual tokens
  at::Tensor motion_rows;   // int64, rows of the slots of motion tokens
  at::Tensor motion_clips;  // int64, the clip of each of these

  // Attention's segments: every prompt, and every response that has rows, in their order.
  at::Tensor segment_offsets;   // int32 [segments + 1]
  at::Tensor prompt_rows;       // int64, rows of all prompts
  at::Tensor prompt_offsets;    // int32 [groups + 1], where each group's begin in prompt_rows
  at::Tensor response_rows;     // int64, rows of all responses
  at::Tensor response_offsets;  // int32 [groups + 1], where each group's begin in response_rows
  int64_t longest_segment = 0, longest_prompt = 0;
  int64_t longest_responses = 0;  // most response rows of a group
};

// Token ids of one prompt and of its completions. The last token of a completion is predicted but feeds
// nothing, so a completion of T tokens takes T − 1 rows.
struct GroupTokens {
  std::vector<int32_t> prompt;
  std::vector<std::vector<int32_t>> completions;
};

// The prompt and its longest sequence of rows.
RotarySpan rotary_span(const GroupTokens& group);

// What a group's rows need beside their tokens.
struct GroupPlace {
  int32_t table_begin = 0;  // row of the rotary tables that holds position 0
  int64_t clip = -1;        // index among the clips that are encoded together; −1: none
  int64_t visual = 0;       // visual tokens of the clip
};

// A prompt's image tokens are slots: as many as its clip has visual tokens, or one more, the last, for the
// motion token where the checkpoint has motion parts.
struct SlotRule {
  int64_t image_token;
  bool motion;
};

// Fills all of `batch` but the rotary tables' cos and sin; its tensors are there once `upload` is sent.
// E_ARGUMENT when a prompt has another number of slots.
void pack(std::span<const GroupTokens> groups, std::span<const GroupPlace> places, const SlotRule& slots,
          Upload& upload, PackedBatch& batch);

}  // namespace vqat::model
