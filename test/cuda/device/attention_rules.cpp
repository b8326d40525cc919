#include "attention_rules.h"

#include "lend.h"

namespace vqat::stand_in {
namespace {

// Bytes that a thread loads at once.
constexpr int64_t kVector = 16;

// Unchecked: an address or a stride that a vector load cannot use.
void check_aligned(const char* name, const at::Tensor& t) {
  const auto size = static_cast<int64_t>(t.element_size());
  TORCH_CHECK(reinterpret_cast<uintptr_t>(t.data_ptr()) % kVector == 0, name, ": misaligned address");
  for (int64_t d = 0; d + 1 < t.dim(); ++d)
    TORCH_CHECK(t.size(d) <= 1 || t.stride(d) * size % kVector == 0, name, ": misaligned address (strides ",
                t.strides(), ")");
}

void check_last_dense(const at::Tensor& t) {
  TORCH_CHECK(t.stride(-1) == 1, "Input tensor must have contiguous last dimension");
}

void check_same_but(int64_t free, const at::Tensor& a, const at::Tensor& b, const char* what) {
  TORCH_CHECK(a.dim() == b.dim(), what, ": ", a.sizes(), " and ", b.sizes());
  for (int64_t d = 0; d < a.dim(); ++d)
    TORCH_CHECK(d == free || a.size(d) == b.size(d), what, ": ", a.sizes(), " and ", b.sizes());
}

}  // namespace

void check_flash(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  TORCH_CHECK(q.scalar_type() == at::kHalf || q.scalar_type() == at::kBFloat16,
              "FlashAttention only support fp16 and bf16 data type");
  TORCH_CHECK(k.scalar_type() == q.scalar_type(), "query and key must have the same dtype");
  TORCH_CHECK(v.scalar_type() == q.scalar_type(), "query and value must have the same dtype");
  TORCH_CHECK(q.dim() == k.dim(), "flash attention: shapes ", q.sizes(), " and ", k.sizes());
  for (const at::Tensor& t : {q, k, v}) {
    check_last_dense(t);
    check_aligned("flash attention", t);
  }
  const int64_t width = q.size(-1), heads = q.size(-2), kv_heads = k.size(-2);
  TORCH_CHECK(width % 8 == 0, "head_size must be a multiple of 8, this is ensured by padding!");
  TORCH_CHECK(width <= 256, "FlashAttention forward only supports head dimension at most 256");
  TORCH_CHECK(heads % kv_heads == 0, "Number of heads in key/value must divide number of heads in query");
  TORCH_CHECK(q.dim() == 3 || q.size(0) > 0, "batch size must be positive");
  check_same_but(-1, k, v, "key and value");
  TORCH_CHECK(k.size(-1) == width && (q.dim() == 3 || k.size(0) == q.size(0)), "key: ", k.sizes(),
              " for a query ", q.sizes());
}

void check_flash_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                          const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp) {
  check_flash(q, k, v);
  TORCH_CHECK(out.scalar_type() == q.scalar_type(), "query and out must have the same dtype");
  TORCH_CHECK(grad_out.scalar_type() == q.scalar_type(), "query and dout must have the same dtype");
  check_same_but(-1, out, q, "out and query");
  check_same_but(-1, grad_out, q, "dout and query");
  // Unchecked: read by its address alone.
  const bool packed = q.dim() == 3;
  const auto wanted = packed ? std::vector<int64_t>{q.size(1), q.size(0)}
                             : std::vector<int64_t>{q.size(0), q.size(2), q.size(1)};
  TORCH_CHECK(log_sum_exp.scalar_type() == at::kFloat && log_sum_exp.is_contiguous() &&
                  log_sum_exp.sizes() == at::IntArrayRef(wanted),
              "flash backward: expected a contiguous float32 log-sum-exp ", wanted, ", found ",
              log_sum_exp.sizes(), " with strides ", log_sum_exp.strides());
}

std::vector<int64_t> check_offsets(const at::Tensor& offsets, int64_t longest, int64_t rows) {
  TORCH_CHECK(offsets.is_cuda() && offsets.dim() == 1, "cu_seqlens must be on CUDA, found ", offsets.sizes(),
              " on ", offsets.device());
  TORCH_CHECK(offsets.scalar_type() == at::kInt, "cu_seqlens_q must have dtype int32");
  TORCH_CHECK(offsets.is_contiguous(), "cu_seqlens_q must be contiguous");
  TORCH_CHECK(offsets.numel() > 1, "batch size must be positive");
  const at::Tensor host = on_host(offsets);
  const auto* values = host.const_data_ptr<int32_t>();
  std::vector<int64_t> out(values, values + offsets.numel());
  // Unchecked: rows beyond the longest would not be computed, rows beyond the tensor are not its memory.
  TORCH_CHECK(out.front() >= 0 && out.back() <= rows, "cu_seqlens: ", out, " for ", rows, " rows");
  for (size_t i = 1; i < out.size(); ++i)
    TORCH_CHECK(out[i] >= out[i - 1] && out[i] - out[i - 1] <= longest, "cu_seqlens: ", out,
                ", said to be at most ", longest, " long");
  return out;
}

void check_efficient(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  TORCH_CHECK(
      q.scalar_type() == at::kFloat || q.scalar_type() == at::kHalf || q.scalar_type() == at::kBFloat16,
      "efficient attention: dtype ", q.scalar_type());
  TORCH_CHECK(k.scalar_type() == q.scalar_type() && v.scalar_type() == q.scalar_type(),
              "efficient attention: query, key and value must have the same dtype");
  TORCH_CHECK(q.dim() == 4 && k.dim() == 4 && v.dim() == 4, "efficient attention: four dimensions");
  TORCH_CHECK(q.size(0) == k.size(0) && k.size(1) == v.size(1) && q.size(2) == k.size(2) &&
                  q.size(2) == v.size(2) && q.size(3) == k.size(3),
              "efficient attention: query ", q.sizes(), ", key ", k.sizes(), ", value ", v.sizes());
  // sm_80 and later have no kernel for other heads: cutlassF and cutlassB find none.
  const int64_t elements = kVector / static_cast<int64_t>(q.element_size());
  for (const at::Tensor& t : {q, k, v}) {
    check_last_dense(t);
    TORCH_CHECK(t.size(3) % elements == 0 && t.stride(2) % elements == 0,
                "cutlassF: no kernel found to launch!");
    check_aligned("efficient attention", t);
  }
}

void check_efficient_backward(const at::Tensor& grad_out, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const at::Tensor& out, const at::Tensor& log_sum_exp) {
  check_efficient(q, k, v);
  check_same_but(3, grad_out, q, "grad_out and query");
  TORCH_CHECK(grad_out.scalar_type() == q.scalar_type() && out.scalar_type() == q.scalar_type(),
              "efficient attention backward: dtypes");
  const int64_t batch = q.size(0), length = q.size(1), heads = q.size(2);
  TORCH_CHECK(heads <= 1 || log_sum_exp.stride(1) % 8 == 0, "LSE is not correctly aligned (strideH)");
  TORCH_CHECK(batch <= 1 || log_sum_exp.stride(0) % 8 == 0, "LSE is not correctly aligned (strideB)");
  // Unchecked: it is read in whole blocks of 32, and the rows of `out` as if nothing lay between them.
  TORCH_CHECK(log_sum_exp.scalar_type() == at::kFloat && log_sum_exp.stride(2) == 1 &&
                  log_sum_exp.size(2) >= (length + 31) / 32 * 32,
              "efficient attention backward: log-sum-exp ", log_sum_exp.sizes(), " for a length of ", length);
  TORCH_CHECK(length <= 1 || out.stride(1) == heads * out.size(3),
              "efficient attention backward: rows of out with strides ", out.strides());
  check_aligned("efficient attention backward, out", out);
}

}  // namespace vqat::stand_in
