// From tensors to the kernels' raw pointers: the storage type chosen once, the device checked where it must
// be the CPU.
#pragma once

#include <utility>

#include "base/error.h"
#include "kernels/bf16.h"
#include "tensor/torch_compat.h"

namespace vqat {

// Calls f with a value of the storage type: float or kernels::bfloat16.
template <class F>
void dispatch_type(const at::Tensor& like, F&& f) {
  switch (like.scalar_type()) {
    case at::kFloat:
      return f(float{});
    case at::kBFloat16:
      return f(kernels::bfloat16{});
    default:
      fail(Code::E_ARGUMENT, "expected float32 or bfloat16, found ", at::toString(like.scalar_type()));
  }
}

// The same for kernels that exist on the CPU alone.
template <class F>
void dispatch_storage(const at::Tensor& like, F&& f) {
  if (!like.is_cpu()) fail(Code::E_UNAVAILABLE, "no kernel for device ", like.device().str());
  dispatch_type(like, std::forward<F>(f));
}

template <class T>
T* data(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

}  // namespace vqat
