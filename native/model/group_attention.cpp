#include "model/group_attention.h"

#include "tensor/ops/attention.h"

namespace vqat::model {
namespace {

// Reads rows of x [rows, …] by index.
auto rows_at(const at::Tensor& index) {
  return [index](const at::Tensor& x) { return x.index_select(0, index); };
}

// Reads the rows of a run from x [rows, heads, width] as [count, heads, length, width], a view.
auto rows_of(ResponseRun run) {
  return [run](const at::Tensor& x) {
    const auto rows = x.narrow(0, run.begin, run.count * run.length);
    return rows.unflatten(0, {run.count, run.length}).transpose(1, 2);
  };
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

// Every prompt and every response sees itself.
ops::Segments own_segments(const PackedBatch& batch) {
  return {batch.segment_offsets, batch.segment_offsets, batch.longest_segment, batch.longest_segment};
}

// All responses of a group see its prompt: their rows side by side, so that order is no matter.
ops::Segments shared_segments(const PackedBatch& batch) {
  return {batch.response_offsets, batch.prompt_offsets, batch.longest_responses, batch.longest_prompt};
}

// Where a device attends any number of segments at once: one call for what every segment sees of itself, one
// for what responses see of their prompts.
at::Tensor in_segments(const Heads& in, const PackedBatch& batch, GroupAttentionSaved* saved) {
  ops::FlashResult own = ops::segments_forward(in.q, in.k, in.v, own_segments(batch), true);
  if (batch.longest_responses > 0) {
    const auto responses = rows_at(batch.response_rows), prompts = rows_at(batch.prompt_rows);
    ops::FlashResult seen =
        ops::segments_forward(responses(in.q), prompts(in.k), prompts(in.v), shared_segments(batch), false);
    seen.log_sum_exp = seen.log_sum_exp.t();
    const ops::FlashResult merged =
        ops::merge_parts(seen, {responses(own.out), responses(own.log_sum_exp.t())});
    own.out.index_copy_(0, batch.response_rows, merged.out);
    own.log_sum_exp.index_copy_(1, batch.response_rows, merged.log_sum_exp.t());
  }
  if (saved) saved->log_sum_exp = {own.log_sum_exp};
  return own.out;
}

// Into `grad`, heads of dL/dqkv.
void in_segments_backward(const at::Tensor& dout, const Heads& in, const PackedBatch& batch,
                          const at::Tensor& out, const at::Tensor& log_sum_exp, const Heads& grad) {
  const ops::FlashGradients own =
      ops::segments_backward(dout, in.q, in.k, in.v, out, log_sum_exp, own_segments(batch), true);
  grad.q.copy_(own.q);
  grad.k.copy_(own.k);
  grad.v.copy_(own.v);
  if (batch.longest_responses == 0) return;
  const auto responses = rows_at(batch.response_rows), prompts = rows_at(batch.prompt_rows);
  const ops::FlashGradients seen =
      ops::segments_backward(responses(dout), responses(in.q), prompts(in.k), prompts(in.v), responses(out),
                             log_sum_exp.index_select(1, batch.response_rows), shared_segments(batch), false);
  grad.q.index_copy_(0, batch.response_rows, responses(own.q).add_(seen.q));
  // Prompt keys and values serve every response: their gradients are summed in float32.
  const auto joined = [&](const at::Tensor& a, const at::Tensor& b) {
    return (prompts(a).to(at::kFloat) + b.to(at::kFloat)).to(a.scalar_type());
  };
  grad.k.index_copy_(0, batch.prompt_rows, joined(own.k, seen.k));
  grad.v.index_copy_(0, batch.prompt_rows, joined(own.v, seen.v));
}

}  // namespace

at::Tensor group_attention(const at::Tensor& qkv, const HeadLayout& layout, const PackedBatch& batch,
                           GroupAttentionSaved* saved) {
  const Heads in(qkv, layout);
  if (ops::has_segments(qkv)) {
    const at::Tensor out = in_segments(in, batch, saved).reshape({batch.rows, layout.heads * layout.width});
    if (saved) saved->out = out;
    return out;
  }
  at::Tensor out = at::empty({batch.rows, layout.heads, layout.width}, qkv.options());
  for (const Group& group : batch.groups) {
    const int64_t p = group.prompt_length, responses = group.begin + p;
    const auto of_prompt = rows_of({group.begin, 1, p}),
               of_all = rows_of({responses, 1, group.response_rows});
    const auto pk = of_prompt(in.k), pv = of_prompt(in.v);
    auto prompt = ops::flash_forward(of_prompt(in.q), pk, pv, true);
    of_prompt(out).copy_(prompt.out);
    if (saved) saved->log_sum_exp.push_back(prompt.log_sum_exp);
    if (group.response_rows == 0) continue;
    // All responses' queries folded into the length axis: they see the whole prompt, so order is no matter.
    const auto seen = ops::flash_forward(of_all(in.q), pk, pv, false);
    for (const ResponseRun& run : group.runs) {
      const auto rows = rows_of(run);
      const auto own = ops::flash_forward(rows(in.q), rows(in.k), rows(in.v), true);
      const int64_t first = run.begin - responses, n = run.count * run.length;
      const ops::FlashResult part{
          seen.out.narrow(2, first, n).unflatten(2, {run.count, run.length})[0].transpose(0, 1),
          seen.log_sum_exp.narrow(2, first, n).unflatten(2, {run.count, run.length})[0].transpose(0, 1)};
      const auto merged = ops::merge_parts(part, own);
      rows(out).copy_(merged.out);
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
  if (ops::has_segments(qkv)) {
    in_segments_backward(dout, in, batch, out, saved.log_sum_exp[0], din);
    return grad;
  }
  size_t call = 0;
  for (const Group& group : batch.groups) {
    const int64_t p = group.prompt_length, responses = group.begin + p, r = group.response_rows;
    const auto of_prompt = rows_of({group.begin, 1, p}), of_all = rows_of({responses, 1, r});
    const auto pk = of_prompt(in.k), pv = of_prompt(in.v);
    const auto prompt = ops::flash_backward(of_prompt(dout), of_prompt(in.q), pk, pv, of_prompt(out),
                                            saved.log_sum_exp[call++], true);
    of_prompt(din.q).copy_(prompt.q);
    at::Tensor dk = prompt.k, dv = prompt.v;
    if (r > 0) {
      at::Tensor merged = at::empty({1, layout.heads, r}, saved.log_sum_exp[call].options());
      for (const ResponseRun& run : group.runs) {
        const auto log_sum_exp = saved.log_sum_exp[call++].contiguous();  // [count, heads, length]
        const auto rows = rows_of(run);
        const auto own =
            ops::flash_backward(rows(dout), rows(in.q), rows(in.k), rows(in.v), rows(out), log_sum_exp, true);
        rows(din.q).copy_(own.q);
        rows(din.k).copy_(own.k);
        rows(din.v).copy_(own.v);
        merged[0]
            .narrow(1, run.begin - responses, run.count * run.length)
            .copy_(log_sum_exp.transpose(0, 1).reshape({layout.heads, run.count * run.length}));
      }
      const auto seen = ops::flash_backward(of_all(dout), of_all(in.q), pk, pv, of_all(out), merged, false);
      of_all(din.q).add_(seen.q);
      // Prompt keys and values serve every response: their gradients are summed in float32.
      dk = dk.to(at::kFloat) + seen.k.to(at::kFloat);
      dv = dv.to(at::kFloat) + seen.v.to(at::kFloat);
    }
    of_prompt(din.k).copy_(dk);
    of_prompt(din.v).copy_(dv);
  }
  return grad;
}

}  // namespace vqat::model
