#include "model/group_attention.h"

#include "tensor/ops/attention.h"

namespace vqat::model {
namespace {

// Rows [begin, begin + count·length) of x [rows, heads, width] as [count, heads, length, width], a view.
at::Tensor runs_of(const at::Tensor& x, int64_t begin, int64_t count, int64_t length) {
  const auto rows = x.narrow(0, begin, count * length);
  return rows.unflatten(0, {count, length}).transpose(1, 2);
}

struct Heads {
  at::Tensor q, k, v;  // [rows, heads, width], views

  Heads(const at::Tensor& qkv, const HeadLayout& layout) {
    const auto all = qkv.view({qkv.size(0), layout.heads + 2 * layout.kv_heads, layout.width});
    q = all.narrow(1, 0, layout.heads);
    k = all.narrow(1, layout.heads, layout.kv_heads);
    v = all.narrow(1, layout.heads + layout.kv_heads, layout.kv_heads);
  }
};

}  // namespace

at::Tensor group_attention(const at::Tensor& qkv, const HeadLayout& layout, const PackedBatch& batch,
                           GroupAttentionSaved* saved) {
  const Heads in(qkv, layout);
  at::Tensor out = at::empty({batch.rows, layout.heads, layout.width}, qkv.options());
  for (const Group& group : batch.groups) {
    const int64_t p = group.prompt_length, responses = group.begin + p;
    const auto pk = runs_of(in.k, group.begin, 1, p), pv = runs_of(in.v, group.begin, 1, p);
    auto prompt = ops::flash_forward(runs_of(in.q, group.begin, 1, p), pk, pv, true);
    runs_of(out, group.begin, 1, p).copy_(prompt.out);
    if (saved) saved->log_sum_exp.push_back(prompt.log_sum_exp);
    if (group.response_rows == 0) continue;
    // All responses' queries folded into the length axis: they see the whole prompt, so order is no matter.
    const auto seen = ops::flash_forward(runs_of(in.q, responses, 1, group.response_rows), pk, pv, false);
    for (const ResponseRun& run : group.runs) {
      const auto own = ops::flash_forward(runs_of(in.q, run.begin, run.count, run.length),
                                          runs_of(in.k, run.begin, run.count, run.length),
                                          runs_of(in.v, run.begin, run.count, run.length), true);
      const int64_t first = run.begin - responses, n = run.count * run.length;
      const ops::FlashResult part{
          seen.out.narrow(2, first, n).unflatten(2, {run.count, run.length})[0].transpose(0, 1),
          seen.log_sum_exp.narrow(2, first, n).unflatten(2, {run.count, run.length})[0].transpose(0, 1)};
      const auto merged = ops::merge_parts(part, own);
      runs_of(out, run.begin, run.count, run.length).copy_(merged.out);
      if (saved) saved->log_sum_exp.push_back(merged.log_sum_exp);
    }
  }
  out = out.view({batch.rows, layout.heads * layout.width});
  if (saved) saved->out = out;
  return out;
}

at::Tensor group_attention_backward(const at::Tensor& grad_out, const at::Tensor& qkv,
                                    const HeadLayout& layout, const PackedBatch& batch,
                                    const GroupAttentionSaved& saved) {
  const Heads in(qkv, layout);
  const auto out = saved.out.view({batch.rows, layout.heads, layout.width});
  const auto dout = grad_out.view({batch.rows, layout.heads, layout.width});
  at::Tensor grad = at::empty_like(qkv);
  const Heads din(grad, layout);
  size_t call = 0;
  for (const Group& group : batch.groups) {
    const int64_t p = group.prompt_length, responses = group.begin + p, r = group.response_rows;
    const auto pk = runs_of(in.k, group.begin, 1, p), pv = runs_of(in.v, group.begin, 1, p);
    const auto prompt =
        ops::flash_backward(runs_of(dout, group.begin, 1, p), runs_of(in.q, group.begin, 1, p), pk, pv,
                            runs_of(out, group.begin, 1, p), saved.log_sum_exp[call++], true);
    runs_of(din.q, group.begin, 1, p).copy_(prompt.q);
    at::Tensor dk = prompt.k, dv = prompt.v;
    if (r > 0) {
      at::Tensor merged = at::empty({1, layout.heads, r}, saved.log_sum_exp[call].options());
      for (const ResponseRun& run : group.runs) {
        const auto log_sum_exp = saved.log_sum_exp[call++].contiguous();  // [count, heads, length]
        const auto own = ops::flash_backward(
            runs_of(dout, run.begin, run.count, run.length), runs_of(in.q, run.begin, run.count, run.length),
            runs_of(in.k, run.begin, run.count, run.length), runs_of(in.v, run.begin, run.count, run.length),
            runs_of(out, run.begin, run.count, run.length), log_sum_exp, true);
        runs_of(din.q, run.begin, run.count, run.length).copy_(own.q);
        runs_of(din.k, run.begin, run.count, run.length).copy_(own.k);
        runs_of(din.v, run.begin, run.count, run.length).copy_(own.v);
        merged[0]
            .narrow(1, run.begin - responses, run.count * run.length)
            .copy_(log_sum_exp.transpose(0, 1).reshape({layout.heads, run.count * run.length}));
      }
      const auto seen = ops::flash_backward(runs_of(dout, responses, 1, r), runs_of(in.q, responses, 1, r),
                                            pk, pv, runs_of(out, responses, 1, r), merged, false);
      runs_of(din.q, responses, 1, r).add_(seen.q);
      // Prompt keys and values serve every response: their gradients are summed in float32.
      dk = dk.to(at::kFloat) + seen.k.to(at::kFloat);
      dv = dv.to(at::kFloat) + seen.v.to(at::kFloat);
    }
    runs_of(din.k, group.begin, 1, p).copy_(dk);
    runs_of(din.v, group.begin, 1, p).copy_(dv);
  }
  return grad;
}

}  // namespace vqat::model
