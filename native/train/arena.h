// Trained values and their gradients as flat arrays, in the order in which the backward finishes them: a
// range for each parameter, padded to a block. What an optimiser or several processes do is done to runs of
// blocks, not to names.
#pragma once

#include <vector>

#include "tensor/parameter.h"
#include "tensor/weights.h"

namespace vqat::train {

class Arena {
 public:
  // Elements that a range is padded to: 256 bytes of float32.
  static constexpr int64_t kBlock = 64;

  struct Range {
    Parameter* parameter;
    int64_t begin, count;  // elements, without the padding
  };

  // Takes the parameters over: their values become views of one array, their gradients views of another.
  explicit Arena(const std::vector<Parameter*>& parameters);
  // Gradients are taken away again; the values stay.
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  const std::vector<Range>& ranges() const { return ranges_; }
  int64_t size() const { return gradients_.size(0); }
  // Float32 [size]; what an optimiser changes. The model's own values when the model is float32.
  const at::Tensor& masters() const { return masters_; }
  const at::Tensor& gradients() const { return gradients_; }
  // A range of any array [size], in the shape of its parameter.
  static at::Tensor view(const at::Tensor& flat, const Range& range);
  // Each parameter's part of such an array: `prefix` before the parameter's name.
  NamedTensors named(const std::string& prefix, const at::Tensor& flat) const;

  void zero_gradients() { gradients_.zero_(); }
  // Global L2 norm of the gradients. E_NUMERIC naming the first tensor with one that is not finite.
  double gradient_norm() const;
  void scale_gradients(double factor) { gradients_.mul_(factor); }
  // The model's values after the masters have changed.
  void values_from_masters();

 private:
  std::vector<Range> ranges_;
  at::Tensor values_;     // the model's dtype
  at::Tensor masters_;    // float32; the same array as values_ when the model is float32
  at::Tensor gradients_;  // float32
};

}  // namespace vqat::train
