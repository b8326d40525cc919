#include "tensor/attention.h"

#include "base/error.h"

namespace vqat {

FlashResult flash_forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, bool causal) {
  if (!q.is_cpu()) fail(Code::E_UNAVAILABLE, "attention: no implementation for device ", q.device().str());
  auto [out, log_sum_exp] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, causal);
  return {out, log_sum_exp};
}

FlashGradients flash_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp,
                              bool causal) {
  if (!q.is_cpu()) fail(Code::E_UNAVAILABLE, "attention: no implementation for device ", q.device().str());
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

}  // namespace vqat
