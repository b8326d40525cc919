// Same inputs, same bits on CUDA too: the forms of libtorch's operators that add in a fixed order.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat {

// E_UNAVAILABLE unless products on this device can be deterministic: CUBLAS_WORKSPACE_CONFIG, which is read
// when the first one runs, may say otherwise.
void check_deterministic(const at::Device& device);

// While it lives, every operator on this device runs in its deterministic form, and one that has none throws.
// For the whole process, so one at a time. Does nothing for the CPU, whose operators have one form.
class DeterministicScope {
 public:
  // As check_deterministic.
  explicit DeterministicScope(const at::Device& device);
  ~DeterministicScope();
  DeterministicScope(const DeterministicScope&) = delete;
  DeterministicScope& operator=(const DeterministicScope&) = delete;

 private:
  const bool changes_;
  bool algorithms_ = false, warn_only_ = false, fill_ = false;  // as they were
};

// Chooses cuBLAS's workspace where the environment does not. Before the device's first product.
void prefer_deterministic_products();

}  // namespace vqat
