// LayerNorm → Linear → exact GELU → Linear: from visual (or motion) features to the language model's width.
// The same shape serves `mlp1` and `motion_mlp` (eps 1e-5).
#pragma once

#include <string>

#include "tensor/linear.h"
#include "tensor/norm.h"

namespace vqat::model {

struct ProjectorSaved {
  at::Tensor input, normed, hidden, activated;
  NormSaved norm;
};

class Projector {
 public:
  // Reads `prefix`.{norm,fc1,fc2}.{weight,bias}.
  Projector(ParameterStore& parameters, const std::string& prefix);

  // x [rows, features] → [rows, hidden]
  at::Tensor forward(const at::Tensor& x, ProjectorSaved* saved = nullptr) const;
  // → dL/dx, or undefined without need_input
  at::Tensor backward(const at::Tensor& dy, const ProjectorSaved& saved, bool need_input) const;

  bool trainable() const { return any_trains(norm_, fc1_, fc2_); }
  void each_linear(const LinearVisitor& visit) {
    for (Linear* linear : {&fc1_, &fc2_}) visit(*linear);
  }

 private:
  Norm norm_;
  Linear fc1_, fc2_;
};

}  // namespace vqat::model
