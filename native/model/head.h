// From hidden rows to log-probabilities of chosen tokens: final norm, then the vocabulary tile by tile, so
// that a full table of logits never exists. Gradients likewise.
#pragma once

#include "model/geometry.h"
#include "model/packed.h"
#include "tensor/linear.h"
#include "tensor/norm.h"

namespace vqat::model {

struct HeadSaved {
  at::Tensor gathered;     // [targets, hidden] rows before the final norm
  at::Tensor normed;       // [targets, hidden]
  at::Tensor ids;          // int32 [targets]
  at::Tensor rows;         // int64 [targets]
  at::Tensor log_sum_exp;  // float32 [targets]
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

  // float32 [targets]: natural log-probability of targets.ids at this temperature, full softmax.
  at::Tensor log_probs(const at::Tensor& hidden, const Targets& targets, double temperature,
                       HeadSaved* saved) const;

  // coef float32 [targets] = dL/dlogprob → dL/dhidden [rows, hidden]; adds to the head's gradients.
  at::Tensor backward(const at::Tensor& coef, double temperature, const HeadSaved& saved) const;

 private:
  Norm norm_;
  Parameter* weight_;  // [vocabulary, hidden]
};

}  // namespace vqat::model
