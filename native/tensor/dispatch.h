// The memory behind a tensor, as what a kernel reads it for.
#pragma once

#include "tensor/torch_compat.h"

namespace vqat {

template <class T>
T* data(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

template <class T>
T* data_or_null(const at::Tensor& tensor) {
  return tensor.defined() ? data<T>(tensor) : nullptr;
}

}  // namespace vqat
