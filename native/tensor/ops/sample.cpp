#include "tensor/ops/sample.h"

#include <bit>

#include "tensor/host.h"
#include "tensor/ops/kernel.h"

namespace vqat::ops {

Sampled sampled_in(const at::Tensor& words) {
  const int64_t rows = words.size(0) / 2;
  return {words, words.narrow(0, 0, rows), words.narrow(0, rows, rows).view(at::kFloat)};
}

HostSampled read(const Sampled& sampled, int64_t rows) {
  const std::vector<int32_t> words = host_values<int32_t>(sampled.words);
  const auto log_probs = words.begin() + static_cast<std::ptrdiff_t>(words.size() / 2);
  HostSampled out{{words.begin(), words.begin() + rows}, {}};
  for (int64_t i = 0; i < rows; ++i) out.log_probs.push_back(std::bit_cast<float>(log_probs[i]));
  return out;
}

void sample(const at::Tensor& logits, const at::Tensor& uniforms, const at::Tensor& banned,
            const SampleRule& rule, const Sampled& out) {
  const int64_t rows = logits.size(0), vocabulary = logits.size(1);
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
    const at::Tensor scratch = at::empty({logits.is_cpu() ? 0 : kernels::sample_scratch_bytes(args)},
                                         logits.options().dtype(at::kByte));
    run("sample", logits.device(), cpu, &kernels::CudaKernels<T>::sample, args, scratch.data_ptr());
  });
}

}  // namespace vqat::ops
