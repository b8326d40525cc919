// From hidden rows to log-probabilities of chosen tokens, with the entropies of their distributions where
// they are wanted: final norm, then the vocabulary tile by tile, so that a full table of logits never exists.
// Gradients likewise.
#pragma once

#include "model/geometry.h"
#include "model/packed.h"
#include "tensor/linear.h"
#include "tensor/norm.h"
#include "tensor/ops/token_logprob.h"

namespace vqat::model {

struct HeadSaved {
  at::Tensor gathered;      // [targets, hidden] rows before the final norm
  at::Tensor normed;        // [targets, hidden]
  at::Tensor ids;           // int32 [targets]
  at::Tensor rows;          // int64 [targets]
  ops::TokenLogprob found;  // float32 [targets]
  NormSaved norm;
  int64_t hidden_rows = 0;
};

class Head {
 public:
  // `language.head.weight`, or the embedding matrix when there is none (tied).
  Head(ParameterStore& parameters, const LanguageGeometry& geometry);

  // hidden [rows, hidden] (any rows) → logits [rows, vocabulary] in the model's dtype. For sampling and
  // inspection of a few rows only.
  at::Tensor logits(const at::Tensor& hidden) const;
  // The same into `out`.
  void logits(const at::Tensor& hidden, at::Tensor& out) const;

  // Natural log-probability of targets.ids at this temperature, full softmax; and, if wanted, the entropy of
  // that softmax.
  ops::TokenLogprob log_probs(const at::Tensor& hidden, const Targets& targets, double temperature,
                              bool entropy, HeadSaved* saved) const;

  // dL of both → dL/dhidden [rows, hidden]; adds to the head's gradients.
  at::Tensor backward(const ops::TokenSlopes& slopes, double temperature, const HeadSaved& saved) const;

 private:
  Norm norm_;
  Parameter* weight_;  // [vocabulary, hidden]
};

}  // namespace vqat::model
