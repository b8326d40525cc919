// The one layout of a batch: groups end to end, no padding. A group is a prompt and its responses; every
// token is a row of one [rows, hidden] matrix, and only attention reads the offsets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/torch_compat.h"

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
  std::vector<int64_t> image_rows;  // the prompt's image tokens: slots for visual and motion tokens
};

struct PackedBatch {
  std::vector<Group> groups;
  int64_t rows = 0;
  at::Tensor tokens;     // int64 [rows]
  at::Tensor positions;  // int32 [rows]; a response continues its prompt's count
};

// Token ids of one prompt and of its completions. The last token of a completion is predicted but feeds
// nothing, so a completion of T tokens takes T − 1 rows.
struct GroupTokens {
  std::vector<int32_t> prompt;
  std::vector<std::vector<int32_t>> completions;
};

PackedBatch pack(std::span<const GroupTokens> groups, int64_t image_token, at::Device device);

// Where the completion tokens are predicted: rows[i] is the row whose output predicts ids[i];
// completion-major, group by group.
struct Targets {
  at::Tensor rows;  // int64 [targets]
  at::Tensor ids;   // int32 [targets]
};

Targets completion_targets(std::span<const GroupTokens> groups, at::Device device);

}  // namespace vqat::model
