#include "tensor/ops/token_logprob.h"

#include "tensor/ops/kernel.h"

namespace vqat::ops {
namespace {

using kernels::CudaKernels;

kernels::TokenLogprobState state_of(const at::Tensor& running) {
  float* first = data<float>(running);
  const int64_t rows = running.size(1);
  return {.max = first,
          .sum = first + rows,
          .target_logit = first + 2 * rows,
          .below = running.size(0) > 3 ? first + 3 * rows : nullptr};
}

template <class T>
kernels::TokenLogprobTile<T> tile_of(const at::Tensor& logits, const TokenTile& tile) {
  return {.logits = data<T>(logits),
          .targets = data<int32_t>(tile.ids),
          .rows = logits.size(0),
          .width = logits.size(1),
          .row_stride = logits.stride(0),
          .vocab_begin = tile.begin,
          .inv_temperature = static_cast<float>(1.0 / tile.temperature)};
}

}  // namespace

at::Tensor token_logprob_begin(int64_t rows, bool entropy, const at::Device& device) {
  at::Tensor running = at::empty({entropy ? 4 : 3, rows}, at::dtype(at::kFloat).device(device));
  run("token_logprob", device, kernels::token_logprob_begin, &CudaKernels<float>::token_logprob_begin,
      state_of(running), rows);
  return running;
}

void token_logprob_tile(const at::Tensor& running, const at::Tensor& logits, const TokenTile& tile) {
  by_type(logits, [&]<class T>(T) {
    run("token_logprob", logits.device(), kernels::token_logprob_forward_tile<T>,
        &CudaKernels<T>::token_logprob_forward_tile, tile_of<T>(logits, tile), state_of(running));
  });
}

TokenLogprob token_logprob_finish(const at::Tensor& running, const at::Tensor& ids) {
  const int64_t rows = running.size(1);
  const auto make = [&] { return at::empty({rows}, running.options()); };
  TokenLogprob out{.log_probs = make(), .log_sum_exp = make(), .entropy = {}};
  if (state_of(running).below) out.entropy = make();
  run("token_logprob", running.device(), kernels::token_logprob_finish,
      &CudaKernels<float>::token_logprob_finish, state_of(running), data<int32_t>(ids), rows,
      kernels::TokenLogprobResult{.logprob = data<float>(out.log_probs),
                                  .lse = data<float>(out.log_sum_exp),
                                  .entropy = data_or_null<float>(out.entropy)});
  return out;
}

void token_logprob_backward_tile(at::Tensor& logits, const TokenTile& tile, const TokenLogprob& found,
                                 const TokenSlopes& slopes) {
  const kernels::TokenLogprobGradient gradient{.lse = data<float>(found.log_sum_exp),
                                               .coef = data<float>(slopes.log_probs),
                                               .entropy = data_or_null<float>(found.entropy),
                                               .entropy_coef = data_or_null<float>(slopes.entropy)};
  by_type(logits, [&]<class T>(T) {
    run("token_logprob backward", logits.device(), kernels::token_logprob_backward_tile<T>,
        &CudaKernels<T>::token_logprob_backward_tile, tile_of<T>(logits, tile), gradient, data<T>(logits));
  });
}

}  // namespace vqat::ops
