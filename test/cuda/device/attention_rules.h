// What libtorch's CUDA attention demands of its arguments: the checks of flash_api.cpp, attention.cu,
// attention_backward.cu and the kernels of mem_eff_attention, and what these take for granted without a check
// (marked "unchecked"), where a card would compute garbage or stop with a misaligned address.
#pragma once

#include <ATen/ATen.h>

namespace vqat::stand_in {

// Shapes in the order of the kernels: [batch, length, heads, width], or [rows, heads, width] of packed
// sequences.
void check_flash(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);
// `log_sum_exp`: [batch, heads, length] or [heads, rows], of the queries.
void check_flash_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                          const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp);

// The offsets of packed sequences on the host: int32 [sequences + 1] on the device, the longest at most
// `longest`.
std::vector<int64_t> check_offsets(const at::Tensor& offsets, int64_t longest, int64_t rows);

// [batch, length, heads, width]
void check_efficient(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);
void check_efficient_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp);

}  // namespace vqat::stand_in
