// The kernels of the scoring path by the device that their pointers are of.
#pragma once

#include "tensor/device.h"

namespace vqat {

// libtorch's current stream on the engine's thread is the default one.
constexpr void* kStream = nullptr;

template <class T>
void launch(const at::Device& device, const kernels::RmsNormForward<T>& args) {
  device.is_cpu() ? kernels::rms_norm_forward<T>(args) : cuda_kernels<T>().rms_norm_forward(args, kStream);
}

template <class T>
void launch(const at::Device& device, const kernels::Rope<T>& args) {
  device.is_cpu() ? kernels::rope<T>(args) : cuda_kernels<T>().rope(args, kStream);
}

template <class T>
void launch(const at::Device& device, const kernels::SwigluForward<T>& args) {
  device.is_cpu() ? kernels::swiglu_forward<T>(args) : cuda_kernels<T>().swiglu_forward(args, kStream);
}

template <class T>
void launch(const at::Device& device, const kernels::DecodeAttention<T>& args) {
  device.is_cpu() ? kernels::decode_attention<T>(args) : cuda_kernels<T>().decode_attention(args, kStream);
}

template <class T>
void launch(const at::Device& device, const kernels::Sample<T>& args) {
  if (device.is_cpu()) return kernels::sample<T>(args);
  const at::Tensor scratch = at::empty({args.rows, args.vocabulary}, at::dtype(at::kFloat).device(device));
  cuda_kernels<T>().sample(args, static_cast<float*>(scratch.data_ptr()), kStream);
}

}  // namespace vqat
