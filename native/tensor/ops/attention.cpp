#include "tensor/ops/attention.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "tensor/ops/kernel.h"

namespace vqat::ops {
namespace {

// Keys or values with a head for each head of the queries.
at::Tensor repeated(const at::Tensor& x, int64_t heads) {
  return x.size(1) == heads ? x : x.repeat_interleave(heads / x.size(1), 1);
}

// Gradients of keys or values with a head for each head of the queries, summed over those that share one.
at::Tensor summed(const at::Tensor& dx, int64_t heads) {
  return dx.size(1) == heads ? dx : dx.unflatten(1, {heads, dx.size(1) / heads}).sum(2);
}

// The same values, [batch, length, heads, width] in memory: what the memory-efficient backward takes `out`
// for.
at::Tensor length_first(const at::Tensor& x) { return x.transpose(1, 2).contiguous().transpose(1, 2); }

// Rows of a log-sum-exp are aligned to this many in the memory-efficient kernels.
constexpr int64_t kAligned = 32;

bool is_flash(const at::Tensor& q) { return q.scalar_type() == at::kBFloat16; }

// bfloat16: the flash kernels, which know grouped heads. float32: the memory-efficient ones, which do not.
FlashResult cuda_forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, bool causal) {
  if (is_flash(q)) {
    const auto found = at::_scaled_dot_product_flash_attention(q, k, v, 0.0, causal);
    return {std::get<0>(found), std::get<1>(found)};
  }
  const int64_t heads = q.size(1);
  const auto found =
      at::_scaled_dot_product_efficient_attention(q, repeated(k, heads), repeated(v, heads), {},
                                                  /*compute_log_sumexp=*/true, 0.0, causal);
  return {std::get<0>(found), std::get<1>(found).narrow(2, 0, q.size(2))};
}

// Without dropout neither kernel reads the random state.
FlashGradients cuda_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                             const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp,
                             bool causal) {
  if (is_flash(q)) {
    auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_backward(
        grad_out, q, k, v, out, log_sum_exp.contiguous(), {}, {}, q.size(2), k.size(2), 0.0, causal, {}, {});
    return {dq, dk, dv};
  }
  const int64_t length = q.size(2), heads = q.size(1), kv_heads = k.size(1);
  const at::Tensor padded = at::full({q.size(0), heads, (length + kAligned - 1) / kAligned * kAligned},
                                     std::numeric_limits<double>::infinity(), log_sum_exp.options());
  padded.narrow(2, 0, length).copy_(log_sum_exp);
  auto [dq, dk, dv, dbias] = at::_scaled_dot_product_efficient_attention_backward(
      grad_out, q, repeated(k, heads), repeated(v, heads), {}, length_first(out), padded, {}, {}, 0.0,
      {true, true, true, false}, causal);
  return {dq, summed(dk, kv_heads), summed(dv, kv_heads)};
}

// A longest length of 1 would lead to kernels that take every part of the queries to have one row; it is a
// bound.
int64_t bound(int64_t longest_query) { return std::max<int64_t>(longest_query, 2); }

}  // namespace

void check_attention(int64_t width, at::ScalarType dtype, const at::Device& device) {
  if (device.is_cpu() || dtype == at::kFloat || (width % 8 == 0 && width <= 256)) return;
  fail(Code::E_UNAVAILABLE, "attention in bfloat16 on device '", device.str(),
       "': expected heads with a multiple of 8 values, at most 256, found ", width,
       "; open the model in float32, or on the CPU");
}

FlashResult flash_forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, bool causal) {
  if (q.is_cuda()) return cuda_forward(q, k, v, causal);
  if (!q.is_cpu()) no_kernel("attention", q.device());
  auto [out, log_sum_exp] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, causal);
  return {out, log_sum_exp};
}

FlashGradients flash_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp,
                              bool causal) {
  if (q.is_cuda()) return cuda_backward(grad_out, q, k, v, out, log_sum_exp, causal);
  if (!q.is_cpu()) no_kernel("attention backward", q.device());
  auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(grad_out, q, k, v, out,
                                                                               log_sum_exp, 0.0, causal);
  return {dq, dk, dv};
}

bool has_segments(const at::Tensor& rows) { return rows.is_cuda() && is_flash(rows); }

FlashResult segments_forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Segments& s,
                             bool causal) {
  if (!has_segments(q)) no_kernel("attention of segments", q.device());
  const auto found = at::_flash_attention_forward(q, k, v, s.query_offsets, s.key_offsets,
                                                  bound(s.longest_query), s.longest_key, 0.0, causal, false);
  return {std::get<0>(found), std::get<1>(found)};
}

FlashGradients segments_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                                 const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp,
                                 const Segments& s, bool causal) {
  if (!has_segments(q)) no_kernel("attention of segments backward", q.device());
  auto [dq, dk, dv] = at::_flash_attention_backward(grad_out, q, k, v, out, log_sum_exp.contiguous(),
                                                    s.query_offsets, s.key_offsets, bound(s.longest_query),
                                                    s.longest_key, 0.0, causal, {}, {});
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
