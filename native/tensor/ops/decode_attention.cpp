#include "tensor/ops/decode_attention.h"

#include <cmath>

#include "kernels/decode_attention/decode_attention_parts.h"
#include "tensor/ops/kernel.h"

namespace vqat::ops {

void decode_attention(const at::Tensor& q, const DecodeCache& cache, const at::Tensor& prompt_offsets,
                      const DecodeRows& rows, const at::Tensor& out) {
  const int64_t width = cache.own_k.size(3);
  by_type(q, [&]<class T>(T) {
    const kernels::DecodeAttention<T> args{
        .q = data<T>(q),
        .prompt_k = data<T>(cache.prompt_k),
        .prompt_v = data<T>(cache.prompt_v),
        .prompt_offsets = data<int64_t>(prompt_offsets),
        .own_k = data<T>(cache.own_k),
        .own_v = data<T>(cache.own_v),
        .group = data<int32_t>(rows.prompt),
        .slot = data<int32_t>(rows.slot),
        .own_length = data<int32_t>(rows.length),
        .out = data<T>(out),
        .rows = q.size(0),
        .groups = prompt_offsets.size(0) - 1,
        .heads = q.size(1) / width,
        .kv_heads = cache.own_k.size(2),
        .head_dim = width,
        .longest_prompt = cache.longest_prompt,
        .max_new = cache.own_k.size(1),
        .scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(width)))};
    at::Tensor scratch;
    if (!q.is_cpu())
      scratch = at::empty({kernels::decode_attention_scratch(args)}, q.options().dtype(at::kFloat));
    const auto cpu = [](const kernels::DecodeAttention<T>& on_cpu, float*) {
      kernels::decode_attention(on_cpu);
    };
    run("decode_attention", q.device(), cpu, &kernels::CudaKernels<T>::decode_attention, args,
        scratch.defined() ? data<float>(scratch) : nullptr);
  });
}

}  // namespace vqat::ops
