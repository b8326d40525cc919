// Device memory lent to CPU operators: the same bytes as a CPU tensor, while the memory is open.
#pragma once

#include <ATen/ATen.h>

namespace vqat::stand_in {

// The same memory as a CPU tensor of the same layout; a CPU tensor and an undefined one are returned as they
// are.
at::Tensor on_host(const at::Tensor& t);

// A device tensor with the layout and the values of a CPU tensor; an undefined one is returned as it is.
// Memory must be open.
at::Tensor to_device(const at::Tensor& t);

// A device tensor with the layout that at::empty_like gives, and the values of a CPU tensor of its shape.
at::Tensor like(const at::Tensor& layout, const at::Tensor& values);

}  // namespace vqat::stand_in
