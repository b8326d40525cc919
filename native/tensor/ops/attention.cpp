#include "tensor/ops/attention.h"

#include <tuple>

#include "tensor/ops/kernel.h"

namespace vqat::ops {
namespace {

// Keys or values with a head for each head of the queries.
at::Tensor repeated(const at::Tensor& x, int64_t heads) {
  return x.size(1) == heads ? x : x.repeat_interleave(heads / x.size(1), 1);
}

// bfloat16: the flash kernels, which know grouped heads. float32: the memory-efficient ones, which do not.
FlashResult cuda_forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, bool causal) {
  if (q.scalar_type() == at::kBFloat16) {
    const auto found = at::_scaled_dot_product_flash_attention(q, k, v, 0.0, causal);
    return {std::get<0>(found), std::get<1>(found)};
  }
  const int64_t heads = q.size(1);
  const auto found =
      at::_scaled_dot_product_efficient_attention(q, repeated(k, heads), repeated(v, heads), {},
                                                  /*compute_log_sumexp=*/true, 0.0, causal);
  // Its log-sum-exp is padded to a multiple of the kernel's block.
  return {std::get<0>(found), std::get<1>(found).narrow(2, 0, q.size(2))};
}

}  // namespace

FlashResult flash_forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, bool causal) {
  if (q.is_cuda()) return cuda_forward(q, k, v, causal);
  if (!q.is_cpu()) no_kernel("attention", q.device());
  auto [out, log_sum_exp] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, causal);
  return {out, log_sum_exp};
}

FlashGradients flash_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp,
                              bool causal) {
  if (!q.is_cpu()) no_kernel("attention backward", q.device());
  auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(grad_out, q, k, v, out,
                                                                               log_sum_exp, 0.0, causal);
  return {dq, dk, dv};
}

FlashResult merge_parts(const FlashResult& a, const FlashResult& b) {
  const at::Tensor log_sum_exp = at::logaddexp(a.log_sum_exp, b.log_sum_exp);
  const at::Tensor wa = at::exp(a.log_sum_exp - log_sum_exp).unsqueeze(-1);
  const at::Tensor wb = at::exp(b.log_sum_exp - log_sum_exp).unsqueeze(-1);
  const at::Tensor out = (a.out * wa + b.out * wb).to(a.out.scalar_type());
  return {out, log_sum_exp};
}

}  // namespace vqat::ops
