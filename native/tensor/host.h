// Host memory as tensors, and tensors as host vectors.
#pragma once

#include <algorithm>
#include <ranges>
#include <vector>

#include "tensor/device.h"
#include "tensor/torch_compat.h"

namespace vqat {

// The caller's memory as a tensor of this shape that is only read, and only while the memory lives.
template <class T>
at::Tensor borrow(const T* values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<T*>(values), shape, c10::CppTypeToScalarType<T>::value);
}

// A copy of contiguous values (a vector, a span), of their own type, on a device.
template <class Values>
at::Tensor on_device(const Values& values, at::Device device) {
  using T = std::ranges::range_value_t<Values>;
  const at::Tensor host =
      at::empty({static_cast<int64_t>(std::ranges::size(values))}, c10::CppTypeToScalarType<T>::value);
  std::ranges::copy(values, host.data_ptr<T>());
  return host.to(device);
}

// A tensor on the CPU, from wherever it is; of one that was on a device the host has then waited.
inline at::Tensor on_host(const at::Tensor& tensor) {
  at::Tensor host = tensor.cpu();
  if (!tensor.is_cpu()) kernels_done();
  return host;
}

// All values of a tensor of type T, in order, from wherever it is.
template <class T>
std::vector<T> host_values(const at::Tensor& tensor) {
  const at::Tensor host = on_host(tensor).contiguous();
  const T* values = host.data_ptr<T>();
  return {values, values + host.numel()};
}

}  // namespace vqat
