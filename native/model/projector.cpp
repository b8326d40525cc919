#include "model/projector.h"

namespace vqat::model {

Projector::Projector(ParameterStore& parameters, const std::string& prefix)
    : norm_{&parameters.get(prefix + ".norm.weight"), &parameters.get(prefix + ".norm.bias"), 1e-5, false},
      fc1_{&parameters.get(prefix + ".fc1.weight"), &parameters.get(prefix + ".fc1.bias")},
      fc2_{&parameters.get(prefix + ".fc2.weight"), &parameters.get(prefix + ".fc2.bias")} {}

at::Tensor Projector::forward(const at::Tensor& x, ProjectorSaved* saved) const {
  NormSaved norm;
  const at::Tensor normed = norm_.forward(x, &norm);
  at::Tensor hidden = fc1_.forward(normed);
  if (!saved) return fc2_.forward(at::gelu_(hidden));
  const at::Tensor activated = at::gelu(hidden);
  *saved = {x, normed, hidden, activated, norm};
  return fc2_.forward(activated);
}

at::Tensor Projector::backward(const at::Tensor& dy, const ProjectorSaved& saved, bool need_input) const {
  const at::Tensor dhidden = at::gelu_backward(fc2_.backward(dy, saved.activated), saved.hidden);
  const bool reach_norm = need_input || norm_.trainable();
  const at::Tensor dnormed = fc1_.backward(dhidden, saved.normed, reach_norm);
  if (!reach_norm) return {};
  return norm_.backward(dnormed, saved.input, saved.norm, need_input);
}

}  // namespace vqat::model
