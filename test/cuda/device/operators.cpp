// libtorch's operators on the device: each runs on the CPU over the device's memory, after the checks that a
// CUDA build makes. Views and copies are named, because they must not run on a lent tensor.
#include <ATen/EmptyTensor.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <torch/library.h>

#include <utility>
#include <vector>

#include "allocator.h"
#include "counts.h"
#include "emulation/device_memory.h"
#include "lend.h"
#include "rules.h"

namespace vqat::stand_in {
namespace {

// The lent tensors of one call of an operator.
class Loan {
 public:
  explicit Loan(std::string base) : base_(std::move(base)) {}

  at::Tensor lend(const at::Tensor& t, bool in_list) {
    check_argument(base_, t, in_list);
    if (!t.defined() || !t.is_cuda()) return t;
    // An output may arrive empty, to be given its size by the operator.
    const at::Tensor cpu = t.numel() > 0 ? on_host(t) : at::empty(t.sizes(), t.options().device(at::kCPU));
    lent_.emplace_back(cpu, t);
    return cpu;
  }

  void lend(c10::IValue& value) {
    if (value.isTensor()) {
      value = lend(value.toTensor(), false);
    } else if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& t : value.toTensorVector()) list.push_back(lend(t, true));
      value = list;
    } else if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> list;
      for (const auto& t : value.toOptionalTensorVector())
        list.push_back(t ? std::optional<at::Tensor>(lend(*t, true)) : std::nullopt);
      value = list;
    } else if (value.isDevice()) {
      value = c10::Device(c10::kCPU);
    }
  }

  at::Tensor take_back(const at::Tensor& t) const {
    for (const auto& [cpu, device] : lent_) {
      if (!t.defined() || !cpu.is_same(t)) continue;
      if (t.sizes() != device.sizes())
        device.unsafeGetTensorImpl()->shallow_copy_from(to_device(t).getIntrusivePtr());
      return device;
    }
    return to_device(t);
  }

  void take_back(c10::IValue& value) const {
    if (value.isTensor()) {
      value = take_back(value.toTensor());
    } else if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& t : value.toTensorVector()) list.push_back(take_back(t));
      value = list;
    }
  }

 private:
  const std::string base_;
  std::vector<std::pair<at::Tensor, at::Tensor>> lent_;  // the CPU's, the device's
};

void on_cpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto& schema = op.schema();
  const std::string base = base_name(schema.name());
  check_operator(base);
  count_operator(base);
  if (waits(base)) count_item(base);
  check_unbroken(waits(base));
  Loan loan(base);
  const emulation::MemoryAccess access;
  const size_t arguments = schema.arguments().size();
  for (size_t i = stack->size() - arguments; i < stack->size(); ++i) loan.lend((*stack)[i]);
  {
    const c10::impl::ExcludeDispatchKeyGuard below(c10::autograd_dispatch_keyset_with_ADInplaceOrView);
    op.callBoxed(stack);
  }
  for (size_t i = stack->size() - schema.returns().size(); i < stack->size(); ++i)
    loan.take_back((*stack)[i]);
}

at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, allocator(), c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                   type.value_or(at::kFloat), format);
}

at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> type,
                         std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(
      size, stride, allocator(), c10::DispatchKeySet(c10::DispatchKey::CUDA), type.value_or(at::kFloat));
}

at::Tensor& copy(at::Tensor& self, const at::Tensor& src, bool) {
  if (!src.is_cuda()) count_copy_to_device();
  if (!self.is_cuda()) count_copy_to_host();
  const bool both = src.is_cuda() && self.is_cuda();
  if (both) count_operator("copy");
  check_unbroken(!both);
  const emulation::MemoryAccess access;
  const c10::impl::ExcludeDispatchKeyGuard below(c10::autograd_dispatch_keyset_with_ADInplaceOrView);
  on_host(self).copy_(on_host(src));
  return self;
}

at::Scalar item(const at::Tensor& self) {
  count_item("item");
  check_unbroken(true);
  const emulation::MemoryAccess access;
  return on_host(self).item();
}

at::Tensor as_strided(const at::Tensor& self, at::IntArrayRef size, at::IntArrayRef stride,
                      std::optional<int64_t> offset) {
  return at::native::as_strided_tensorimpl(self, size, stride, offset);
}

TORCH_LIBRARY_IMPL(_, CUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&on_cpu>()); }

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("empty.memory_format", &empty);
  m.impl("empty_strided", &empty_strided);
  m.impl("copy_", &copy);
  m.impl("_local_scalar_dense", &item);
  m.impl("as_strided", &as_strided);
  m.impl("view", &at::native::view);
  m.impl("view.dtype", &at::native::view_dtype);
  m.impl("_reshape_alias", &at::native::_reshape_alias);
  m.impl("unfold", &at::native::unfold);
  // These have a form made of other operators, which would come before the fallback.
  for (const char* name : {"convolution", "convolution_backward", "native_layer_norm"})
    m.impl(name, torch::CppFunction::makeFromBoxedFunction<&on_cpu>());
}

}  // namespace
}  // namespace vqat::stand_in
