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
  const double found = (8 * (at(0.01) - at(-0.01)) - at(0.02) + at(-0.02)) / 0.12;
  value.fill_(centre);
  return {written, found};
}

}  // namespace vqat::train
