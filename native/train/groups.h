// A training batch as the caller gives it, and its split into micro-batches.
#pragma once

#include <utility>
#include <vector>

#include "base/cancel.h"
#include "model/model.h"

namespace vqat::train {

// Groups of prompt and completions; completions of all groups end to end count the sequences.
struct GroupBatch {
  std::vector<model::GroupTokens> groups;
  std::vector<std::shared_ptr<model::Clip>> clips;  // one per group; nullptr where there is none
};

// How many there are of each in a batch.
struct BatchSize {
  int64_t groups = 0, sequences = 0, tokens = 0;  // tokens of completions
};
// E_ARGUMENT when a completion has no token.
BatchSize size_of(const GroupBatch& batch);

// A run of groups handled at once, with where its sequences and completion tokens begin in the whole batch.
struct MicroBatch {
  size_t first_group = 0, groups = 0;
  int64_t first_sequence = 0, first_token = 0;
  std::vector<int64_t> offsets{0};  // [sequences + 1] of its completion tokens, from 0

  int64_t sequences() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t tokens() const { return offsets.back(); }
};

// Consecutive groups up to `limit` rows together, and up to `most` groups unless that is 0; a group is never
// split.
std::vector<MicroBatch> split(const GroupBatch& batch, int64_t limit, int64_t most = 0);

// Lays a micro-batch out; it is there once `upload` is sent to the model's device. Every model of this shape
// reads it.
void pack(const model::Model& model, const GroupBatch& batch, const MicroBatch& micro, Upload& upload,
          model::PackedBatch& packed);

// One forward of a micro-batch up to the completion tokens' log-probabilities.
struct Forward {
  model::ModelSaved saved;
  model::HeadSaved head;
  at::Tensor log_probs;  // float32 [targets]
  at::Tensor entropy;    // the same, of the distributions that they are of; undefined where it was not wanted
};

// How a forward is made.
struct Reading {
  double temperature = 1;
  bool entropy = false;
  bool keep = false;  // for a backward
};

// Its first part, with what it fills: the rows before the head [rows, hidden]. `features` of the
// micro-batch's clips, in order; `keep` for a backward.
at::Tensor hidden_rows(model::Model& model, const model::PackedBatch& packed, const model::Features& features,
                       bool keep, Forward& out);
// `saved` of the clips' encoding; what it says of recomputing holds for the decoder too.
Forward forward(model::Model& model, const model::PackedBatch& packed, const model::Features& features,
                const Reading& reading, model::ModelSaved saved = {});
// dL of log-probabilities and entropies → gradients of everything that trains.
void backward(model::Model& model, const model::PackedBatch& packed, const Forward& forward,
              const ops::TokenSlopes& slopes, double temperature);

model::Clips clips_of(const GroupBatch& batch, const MicroBatch& micro);

// Log-probabilities of all completion tokens, by the path the trainer uses.
std::vector<float> log_probs(model::Model& model, const GroupBatch& batch, double temperature,
                             int64_t micro_tokens, const CancelToken& cancel);

}  // namespace vqat::train
