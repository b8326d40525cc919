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
  by_type(logits, [&]<class T>(T) {
    const kernels::Sample<T> args{.logits = data<T>(logits),
                                  .uniform = data<double>(uniforms),
                                  .banned = data<uint8_t>(banned),
                                  .tokens = data<int32_t>(out.tokens),
                                  .logprobs = data<float>(out.log_probs),
                                  .rows = rows,
                                  .vocabulary = vocabulary,
                                  .row_stride = logits.stride(0),
                                  .temperature = static_cast<float>(rule.temperature),
                                  .top_k = rule.top_k,
                                  .top_p = rule.top_p};
    const auto cpu = [](const kernels::Sample<T>& args, void*) { kernels::sample<T>(args); };
    // On the CPU scratch is the threads' own.
    const at::Tensor scratch = made(at::kByte, {logits.is_cpu() ? 0 : kernels::sample_scratch_bytes(args)});
    run("sample", logits.device(), cpu, &kernels::CudaKernels<T>::sample, args, scratch.data_ptr());
  });
  return out;
}

}  // namespace vqat::ops
