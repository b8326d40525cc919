// The written gradient of a step against finite differences, at the element where it is largest.
#pragma once

#include <functional>

#include "text_batch.h"

namespace vqat::train {

struct LargestSlope {
  double written, found;
};

// `loss` makes a step that changes nothing and gives its loss; afterwards the parameter is as it was.
inline LargestSlope largest_slope(model::Model& model, const char* name,
                                  const std::function<double()>& loss) {
  loss();
  const Parameter& p = model.parameters().get(name);
  const auto largest = p.grad.abs().argmax().item<int64_t>();
  const at::Tensor value = p.value.view({-1})[largest];
  const double written = p.grad.view({-1})[largest].item<double>(), centre = value.item<double>();
  const auto at = [&](double x) { return value.fill_(centre + x), loss(); };
  // Of eighth order, so that points may be far apart: a loss of float32 sums is a few 1e-7 off, which near
  // points would show as 1e-5 of a slope, more or less by the processor.
  constexpr double kApart = 0.03, kWeights[]{4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
  double found = 0;
  for (int i = 0; i < 4; ++i) found += kWeights[i] * (at((i + 1) * kApart) - at(-(i + 1) * kApart)) / kApart;
  value.fill_(centre);
  return {written, found};
}

}  // namespace vqat::train
