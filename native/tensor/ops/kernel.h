// From an operation on tensors to the kernel that computes it: storage type and device are chosen here and
// nowhere else. For tensor/ops alone; the floors above cannot include kernels/.
#pragma once

#include "base/error.h"
#include "kernels/cuda/table.h"
#include "tensor/device.h"
#include "tensor/dispatch.h"

namespace vqat::ops {

// The stream that libtorch's own operators run on at present: a cudaStream_t.
inline void* current_stream(const at::Device& device) {
  return c10::impl::VirtualGuardImpl(device.type()).getStream(device).native_handle();
}

// E_UNAVAILABLE: the one refusal of an operation on a device that it has no kernel for.
[[noreturn]] inline void no_kernel(const char* operation, const at::Device& device) {
  fail(Code::E_UNAVAILABLE, operation, ": no kernel for device ", device.str());
}

inline const auto& kernels_of(const kernels::CudaTable& table, float) { return table.float32; }
inline const auto& kernels_of(const kernels::CudaTable& table, kernels::bfloat16) { return table.bfloat16; }

// Calls f with a value of the storage type: float or kernels::bfloat16.
template <class F>
void by_type(const at::Tensor& like, F&& f) {
  switch (like.scalar_type()) {
    case at::kFloat:
      return f(float{});
    case at::kBFloat16:
      return f(kernels::bfloat16{});
    default:
      fail(Code::E_ARGUMENT, "expected float32 or bfloat16, found ", at::toString(like.scalar_type()));
  }
}

// Runs an operation's kernel on a device: `cpu`, or what the CUDA library has in `slot`. `args` point into
// tensors on that device.
template <class T, class Cpu, class Slot, class... Args>
void run(const char* operation, const at::Device& device, Cpu&& cpu, Slot kernels::CudaKernels<T>::*slot,
         const Args&... args) {
  if (device.is_cpu()) return cpu(args...);
  const auto kernel = device.is_cuda() ? kernels_of(cuda_table(), T{}).*slot : nullptr;
  if (!kernel) no_kernel(operation, device);
  kernel(args..., current_stream(device));
}

}  // namespace vqat::ops
