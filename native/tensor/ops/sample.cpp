#include "tensor/ops/sample.h"

#include "tensor/ops/kernel.h"

namespace vqat::ops {

Sampled sample(const at::Tensor& logits, const at::Tensor& uniforms, const at::Tensor& banned,
               const SampleRule& rule) {
  const int64_t rows = logits.size(0), vocabulary = logits.size(1);
  const auto made = [&](at::ScalarType type, at::IntArrayRef shape) {
    return at::empty(shape, logits.options().dtype(type));
  };
  const Sampled out{made(at::kInt, {rows}), made(at::kFloat, {rows})};
  // A row of scratch is the thread's own on the CPU.
  const at::Tensor scratch = logits.is_cpu() ? at::Tensor() : made(at::kFloat, {rows, vocabulary});
  by_type(logits, [&]<class T>(T) {
    const auto cpu = [](const kernels::Sample<T>& args, float*) { kernels::sample<T>(args); };
    run("sample", logits.device(), cpu, &kernels::CudaKernels<T>::sample,
        kernels::Sample<T>{.logits = data<T>(logits),
                           .uniform = data<double>(uniforms),
                           .banned = data<uint8_t>(banned),
                           .tokens = data<int32_t>(out.tokens),
                           .logprobs = data<float>(out.log_probs),
                           .rows = rows,
                           .vocabulary = vocabulary,
                           .row_stride = logits.stride(0),
                           .temperature = static_cast<float>(rule.temperature),
                           .top_k = rule.top_k,
                           .top_p = rule.top_p},
        scratch.defined() ? data<float>(scratch) : nullptr);
  });
  return out;
}

}  // namespace vqat::ops
