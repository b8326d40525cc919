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
  // Elements that a range is padded to: a block of 8-bit numbers.
  static constexpr int64_t kBlock = 256;
  static int64_t padded(int64_t count) { return (count + kBlock - 1) / kBlock * kBlock; }

  struct Range {
    Parameter* parameter;
    int64_t begin, count;  // elements, without the padding
  };

  // Takes the parameters over: their values become views of one array, their gradients views of another.
  // Without float32 masters an optimiser changes the values of a bfloat16 model themselves; a float32 model's
  // are their own.
  explicit Arena(const std::vector<Parameter*>& parameters, bool masters = true);
  // Gradients are taken away again; the values stay.
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  const std::vector<Range>& ranges() const { return ranges_; }
  int64_t size() const { return gradients_.size(0); }
  // [size]; what an optimiser changes. Float32, or the model's own values when these are float32 or there are
  // no masters.
  const at::Tensor& masters() const { return masters_; }
  const at::Tensor& gradients() const { return gradients_; }
  // The part of any flat array that begins there, in the shape of its parameter.
  static at::Tensor view(const at::Tensor& flat, int64_t begin, const Parameter& parameter);
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
  at::Tensor masters_;    // the same array as values_, or float32
  at::Tensor gradients_;  // float32
};

}  // namespace vqat::train
