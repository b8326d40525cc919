// The pooled head of the motion network and the choice of slow frames. Knows activations, no parameters.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tensor/torch_compat.h"

namespace vqat::model {

// Frames the slow pathway sees: floor((frames - 1) / 4) + 1 of them, at linspace(0, frames - 1) in float32
// truncated. 6 -> 0 5; 12 -> 0 5 11. frames >= 1. Returns int64 on the CPU, so that every device picks the
// same frames.
at::Tensor slow_frame_indices(int64_t frames);

// How often each time step of both pathways is repeated before pooling: ceil(12 / slow frames).
int64_t time_repeats(int64_t frames);

// Weight of each of `length` positions, every one repeated `repeats` times, in the mean over all stride-1
// average pools of `window` positions (clipped to the axis). Sums to 1.
std::vector<double> pooled_mean_weights(int64_t length, int64_t repeats, int64_t window);

// Repeat, average pools of (time window, 7, 7) with stride 1, then the mean of what is left, as one weighted
// mean. The weights are separable and computed in double. Those of the last shape are kept.
class MotionPool {
 public:
  explicit MotionPool(int64_t time_window) : time_window_(time_window) {}

  at::Tensor forward(const at::Tensor& activation /*[B,C,T,H,W]*/, int64_t repeats) const;  // [B,C] f32
  // grad [B,C] f32 -> the gradient of `activation`, in its dtype.
  at::Tensor backward(const at::Tensor& grad, const at::Tensor& activation, int64_t repeats) const;

 private:
  const at::Tensor& weights(const at::Tensor& activation, int64_t repeats) const;  // [T*H*W] f32

  int64_t time_window_;
  mutable std::array<int64_t, 4> kept_for_{};  // T, H, W and repeats
  mutable at::Tensor kept_;
};

}  // namespace vqat::model
