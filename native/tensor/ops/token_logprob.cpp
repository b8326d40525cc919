#include "tensor/ops/token_logprob.h"

#include "tensor/ops/kernel.h"

namespace vqat::ops {
namespace {

using kernels::CudaKernels;

kernels::TokenLogprobState state_of(const at::Tensor& running) {
  float* first = data<float>(running);
  const int64_t rows = running.size(1);
  return {.max = first, .sum = first + rows, .target_logit = first + 2 * rows};
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

at::Tensor token_logprob_begin(int64_t rows, const at::Device& device) {
  at::Tensor running = at::empty({3, rows}, at::dtype(at::kFloat).device(device));
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
  TokenLogprob out{at::empty({rows}, running.options()), at::empty({rows}, running.options())};
  run("token_logprob", running.device(), kernels::token_logprob_finish,
      &CudaKernels<float>::token_logprob_finish, state_of(running), data<int32_t>(ids), rows,
      data<float>(out.log_probs), data<float>(out.log_sum_exp));
  return out;
}

void token_logprob_backward_tile(at::Tensor& logits, const TokenTile& tile, const at::Tensor& log_sum_exp,
                                 const at::Tensor& coef) {
  by_type(logits, [&]<class T>(T) {
    run("token_logprob backward", logits.device(), kernels::token_logprob_backward_tile<T>,
        &CudaKernels<T>::token_logprob_backward_tile, tile_of<T>(logits, tile), data<float>(log_sum_exp),
        data<float>(coef), data<T>(logits));
  });
}

}  // namespace vqat::ops
