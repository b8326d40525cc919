// The attention operators that exist for CUDA only, on the CPU's flash operator: argument checks, layouts and
// log-sum-exps are those of libtorch's CUDA sources (attention.cu, attention_backward.cu, flash_api.cpp).
#include <torch/library.h>

#include <array>
#include <limits>

#include "attention_rules.h"
#include "counts.h"
#include "emulation/device_memory.h"
#include "lend.h"

namespace vqat::stand_in {
namespace {

using at::Tensor;

constexpr int64_t kLsePadding = 32;

struct Result {
  Tensor out, log_sum_exp;  // on the CPU: [batch, heads, length, width], [batch, heads, length]
};
struct Gradients {
  Tensor q, k, v;
};

// From here on tensors are [batch, heads, length, width] on the CPU.
Result forward(const Tensor& q, const Tensor& k, const Tensor& v, bool causal, std::optional<double> scale) {
  auto [out, log_sum_exp] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, causal, {}, scale);
  return {out, log_sum_exp};
}

Gradients backward(const Tensor& grad_out, const Tensor& q, const Tensor& k, const Tensor& v, const Result& r,
                   bool causal, std::optional<double> scale) {
  auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
      grad_out, q, k, v, r.out, r.log_sum_exp, 0.0, causal, {}, scale);
  return {dq, dk, dv};
}

// The last query sees every key where flash is causal; the CPU's first sees the first.
void check_causal(bool causal, int64_t queries, int64_t keys) {
  TORCH_CHECK(!causal || queries == keys, "stand-in: causal flash attention of ", queries, " queries over ",
              keys, " keys is not stood in for");
}

// Rows [begin, end) of a packed tensor as a batch of one.
Tensor rows_of(const Tensor& packed, int64_t begin, int64_t end) {
  return packed.narrow(0, begin, end - begin).transpose(0, 1).unsqueeze(0);
}

// q, k, v in the kernels' order, on the device.
std::pair<Tensor, Tensor> dense(const Tensor& q, const Tensor& k, const Tensor& v, bool causal,
                                std::optional<double> scale) {
  check_flash(q, k, v);
  check_causal(causal, q.size(1), k.size(1));
  const Result r = forward(on_host(q).transpose(1, 2), on_host(k).transpose(1, 2), on_host(v).transpose(1, 2),
                           causal, scale);
  return {like(q, r.out.transpose(1, 2)), to_device(r.log_sum_exp.contiguous())};
}

std::pair<Tensor, Tensor> packed(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& offsets_q,
                                 const Tensor& offsets_k, int64_t longest_q, int64_t longest_k, bool causal,
                                 std::optional<double> scale) {
  check_flash(q, k, v);
  const auto of_q = check_offsets(offsets_q, longest_q, q.size(0));
  const auto of_k = check_offsets(offsets_k, longest_k, k.size(0));
  TORCH_CHECK(of_q.size() == of_k.size(), "cu_seqlens_q and cu_seqlens_k: ", of_q.size(), " and ",
              of_k.size());
  const auto sequences = static_cast<int64_t>(of_q.size()) - 1;
  // With one query each the kernel takes the heads of a group for queries.
  TORCH_CHECK(longest_q != 1 || q.size(1) == k.size(1) || q.size(0) == sequences, "shape '[", sequences,
              ", ...]' is invalid for input of ", q.size(0), " rows");
  // What no sequence covers stays as it was allocated.
  const Tensor out = at::empty_like(q);
  const Tensor log_sum_exp = at::empty({q.size(1), q.size(0)}, q.options().dtype(at::kFloat));
  const Tensor hq = on_host(q), hk = on_host(k), hv = on_host(v), hout = on_host(out);
  const Tensor hlse = on_host(log_sum_exp);
  for (size_t i = 0; i + 1 < of_q.size(); ++i) {
    const int64_t begin = of_q[i], end = of_q[i + 1], first = of_k[i], last = of_k[i + 1];
    if (begin == end) continue;
    const Tensor to = hout.narrow(0, begin, end - begin), lse = hlse.narrow(1, begin, end - begin);
    if (first == last) {
      to.zero_();
      lse.fill_(std::numeric_limits<float>::infinity());
      continue;
    }
    if (longest_q > 1) check_causal(causal, end - begin, last - first);
    const Result r = forward(rows_of(hq, begin, end), rows_of(hk, first, last), rows_of(hv, first, last),
                             causal && longest_q > 1, scale);
    to.copy_(r.out.squeeze(0).transpose(0, 1));
    lse.copy_(r.log_sum_exp.squeeze(0));
  }
  return {out, log_sum_exp};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> flash(
    const Tensor& q, const Tensor& k, const Tensor& v, const std::optional<Tensor>& offsets_q,
    const std::optional<Tensor>& offsets_k, int64_t longest_q, int64_t longest_k, double dropout, bool causal,
    bool debug_mask, std::optional<double> scale, std::optional<int64_t> window_left,
    std::optional<int64_t> window_right, const std::optional<Tensor>& used_k,
    const std::optional<Tensor>& alibi, const std::optional<Tensor>& blocks, std::optional<int64_t>) {
  TORCH_CHECK(dropout == 0 && !debug_mask && !window_left && !window_right && !used_k && !alibi && !blocks,
              "stand-in: flash attention with dropout, a window, ALiBi or pages is not stood in for");
  TORCH_CHECK(
      offsets_q.has_value() == offsets_k.has_value(),
      "cumulative_sequence_length_q and cumulative_sequence_length_k must be both set or both not set");
  count_operator("_flash_attention_forward");
  const emulation::MemoryAccess access;
  const auto [out, log_sum_exp] =
      offsets_q ? packed(q, k, v, *offsets_q, *offsets_k, longest_q, longest_k, causal, scale)
                : dense(q, k, v, causal, scale);
  const auto random = q.options().dtype(at::kUInt64);
  return {out, log_sum_exp, at::empty({2}, random), at::empty({}, random), at::empty({0}, q.options())};
}

std::tuple<Tensor, Tensor, Tensor> flash_backward(
    const Tensor& grad_out, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& out,
    const Tensor& log_sum_exp, const Tensor& offsets_q, const Tensor& offsets_k, int64_t longest_q,
    int64_t longest_k, double dropout, bool causal, const Tensor&, const Tensor&, std::optional<double> scale,
    std::optional<int64_t> window_left, std::optional<int64_t> window_right) {
  TORCH_CHECK(dropout == 0 && !window_left && !window_right,
              "stand-in: flash attention with dropout or a window is not stood in for");
  count_operator("_flash_attention_backward");
  const emulation::MemoryAccess access;
  check_flash_backward(grad_out, q, k, v, out, log_sum_exp);
  const Tensor hg = on_host(grad_out), hq = on_host(q), hk = on_host(k), hv = on_host(v);
  const Tensor ho = on_host(out), hlse = on_host(log_sum_exp);
  if (!offsets_q.defined()) {
    check_causal(causal, q.size(1), k.size(1));
    const auto d = backward(hg.transpose(1, 2), hq.transpose(1, 2), hk.transpose(1, 2), hv.transpose(1, 2),
                            {ho.transpose(1, 2), hlse}, causal, scale);
    return {like(q, d.q.transpose(1, 2)), like(k, d.k.transpose(1, 2)), like(v, d.v.transpose(1, 2))};
  }
  const auto of_q = check_offsets(offsets_q, longest_q, q.size(0));
  const auto of_k = check_offsets(offsets_k, longest_k, k.size(0));
  TORCH_CHECK(of_q.size() == of_k.size(), "cu_seqlens_q and cu_seqlens_k: ", of_q.size(), " and ",
              of_k.size());
  const Tensor dq = at::empty_like(q), dk = at::empty_like(k), dv = at::empty_like(v);
  const Tensor hdq = on_host(dq), hdk = on_host(dk), hdv = on_host(dv);
  for (size_t i = 0; i + 1 < of_q.size(); ++i) {
    const int64_t begin = of_q[i], end = of_q[i + 1], first = of_k[i], last = of_k[i + 1];
    if (first < last && begin == end) {
      hdk.narrow(0, first, last - first).zero_();
      hdv.narrow(0, first, last - first).zero_();
    } else if (first == last && begin < end) {
      hdq.narrow(0, begin, end - begin).zero_();
    }
    if (first == last || begin == end) continue;
    check_causal(causal, end - begin, last - first);
    const auto d = backward(
        rows_of(hg, begin, end), rows_of(hq, begin, end), rows_of(hk, first, last), rows_of(hv, first, last),
        {rows_of(ho, begin, end), hlse.narrow(1, begin, end - begin).unsqueeze(0)}, causal, scale);
    hdq.narrow(0, begin, end - begin).copy_(d.q.squeeze(0).transpose(0, 1));
    hdk.narrow(0, first, last - first).copy_(d.k.squeeze(0).transpose(0, 1));
    hdv.narrow(0, first, last - first).copy_(d.v.squeeze(0).transpose(0, 1));
  }
  return {dq, dk, dv};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, c10::SymInt, c10::SymInt, Tensor, Tensor, Tensor> scaled_flash(
    const Tensor& q, const Tensor& k, const Tensor& v, double dropout, bool causal, bool debug_mask,
    std::optional<double> scale) {
  auto [out, log_sum_exp, random, unused, mask] =
      at::_flash_attention_forward(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), {}, {}, q.size(2),
                                   k.size(2), dropout, causal, debug_mask, scale);
  return {out.transpose(1, 2), log_sum_exp, {}, {}, q.size(2), k.size(2), random, unused, mask};
}

std::tuple<Tensor, Tensor, Tensor> scaled_flash_backward(const Tensor& grad_out, const Tensor& q,
                                                         const Tensor& k, const Tensor& v, const Tensor& out,
                                                         const Tensor& log_sum_exp, const Tensor& offsets_q,
                                                         const Tensor& offsets_k, int64_t longest_q,
                                                         int64_t longest_k, double dropout, bool causal,
                                                         const Tensor& random, const Tensor& unused,
                                                         std::optional<double> scale) {
  const auto [dq, dk, dv] = at::_flash_attention_backward(
      grad_out.transpose(1, 2), q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), out.transpose(1, 2),
      log_sum_exp, offsets_q, offsets_k, longest_q, longest_k, dropout, causal, random, unused, scale);
  return {dq.transpose(1, 2), dk.transpose(1, 2), dv.transpose(1, 2)};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> efficient(const Tensor& q, const Tensor& k, const Tensor& v,
                                                     const std::optional<Tensor>& bias, bool with_lse,
                                                     double dropout, bool causal,
                                                     std::optional<double> scale) {
  TORCH_CHECK(dropout == 0 && !(bias && bias->defined()),
              "stand-in: efficient attention with dropout or a bias is not stood in for");
  count_operator("_efficient_attention_forward");
  const emulation::MemoryAccess access;
  check_efficient(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2));
  const Result r = forward(on_host(q), on_host(k), on_host(v), causal, scale);
  const int64_t length = q.size(2);
  const int64_t padded = with_lse ? (length + kLsePadding - 1) / kLsePadding * kLsePadding : 0;
  const Tensor wide =
      at::full({q.size(0), q.size(1), padded}, std::numeric_limits<float>::infinity(), at::kFloat);
  if (with_lse) wide.narrow(2, 0, length).copy_(r.log_sum_exp);
  // Rows of all heads lie together in memory; seed and offset stay on the host.
  return {to_device(r.out.transpose(1, 2).contiguous()).transpose(1, 2), to_device(wide),
          at::empty({}, at::kLong), at::empty({}, at::kLong)};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> efficient_backward(
    const Tensor& grad_out, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& bias,
    const Tensor& out, const Tensor& log_sum_exp, const Tensor&, const Tensor&, double dropout,
    std::array<bool, 4>, bool causal, std::optional<double> scale) {
  TORCH_CHECK(dropout == 0 && !bias.defined(),
              "stand-in: efficient attention with dropout or a bias is not stood in for");
  count_operator("_efficient_attention_backward");
  const emulation::MemoryAccess access;
  check_efficient_backward(grad_out.transpose(1, 2), q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2),
                           out.transpose(1, 2), log_sum_exp);
  const auto d =
      backward(on_host(grad_out), on_host(q), on_host(k), on_host(v),
               {on_host(out), on_host(log_sum_exp).narrow(2, 0, q.size(2)).contiguous()}, causal, scale);
  const auto laid_out = [](const Tensor& x) {
    return to_device(x.transpose(1, 2).contiguous()).transpose(1, 2);
  };
  return {laid_out(d.q), laid_out(d.k), laid_out(d.v), {}};
}

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("_flash_attention_forward", &flash);
  m.impl("_flash_attention_backward", &flash_backward);
  m.impl("_scaled_dot_product_flash_attention", &scaled_flash);
  m.impl("_scaled_dot_product_flash_attention_backward", &scaled_flash_backward);
  m.impl("_scaled_dot_product_efficient_attention", &efficient);
  m.impl("_scaled_dot_product_efficient_attention_backward", &efficient_backward);
}

}  // namespace
}  // namespace vqat::stand_in
