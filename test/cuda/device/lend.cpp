#include "lend.h"

#include "emulation/device_memory.h"

namespace vqat::stand_in {

at::Tensor on_host(const at::Tensor& t) {
  if (!t.defined() || !t.is_cuda()) return t;
  return at::from_blob(
      t.data_ptr(), t.sizes(), t.strides(), [](void*) {}, t.options().device(at::kCPU));
}

at::Tensor to_device(const at::Tensor& t) {
  if (!t.defined()) return t;
  TORCH_CHECK(!emulation::is_device_address(t.data_ptr()),
              "stand-in: an operator returned a view of its argument; name it in operators.cpp");
  const at::Tensor out = at::empty_strided(t.sizes(), t.strides(), t.options().device(at::kCUDA));
  on_host(out).copy_(t);
  return out;
}

at::Tensor like(const at::Tensor& layout, const at::Tensor& values) {
  const at::Tensor out = at::empty_like(layout);
  on_host(out).copy_(values);
  return out;
}

}  // namespace vqat::stand_in
