// The separable weights of the pooled head, and the weighted mean over them.
#include "model/motion_pool.h"

#include <algorithm>

#include "tensor/host.h"

namespace vqat::model {
namespace {

constexpr int64_t kSpeedRatio = 4;  // fast frames per slow frame: the lateral convolutions' time stride
constexpr int64_t kPooledSlowFrames = 12;  // slow time steps wanted before the pools
constexpr int64_t kSpaceWindow = 7;

int64_t slow_frame_count(int64_t frames) { return (frames - 1) / kSpeedRatio + 1; }

}  // namespace

at::Tensor slow_frame_indices(int64_t frames) {
  const int64_t count = slow_frame_count(frames);
  return at::linspace(0, frames - 1, count, at::kFloat).to(at::kLong);
}

int64_t time_repeats(int64_t frames) {
  const int64_t slow_frames = slow_frame_count(frames);
  return (kPooledSlowFrames + slow_frames - 1) / slow_frames;
}

std::vector<double> pooled_mean_weights(int64_t length, int64_t repeats, int64_t window) {
  const int64_t total = length * repeats;
  const int64_t clipped = std::min(window, total);
  const int64_t places = total - clipped + 1;
  std::vector<double> weights(length, 0.0);
  // A position is counted once by each window that covers it.
  for (int64_t i = 0; i < total; ++i)
    weights[i / repeats] += double(std::min({i + 1, clipped, places, total - i})) / double(clipped * places);
  return weights;
}

const at::Tensor& MotionPool::weights(const at::Tensor& activation, int64_t repeats) const {
  const std::array shape{activation.size(2), activation.size(3), activation.size(4), repeats};
  if (kept_.defined() && kept_for_ == shape && kept_.device() == activation.device()) return kept_;
  const auto time = pooled_mean_weights(shape[0], repeats, time_window_);
  const auto rows = pooled_mean_weights(shape[1], 1, kSpaceWindow);
  const auto columns = pooled_mean_weights(shape[2], 1, kSpaceWindow);
  std::vector<float> all;
  all.reserve(time.size() * rows.size() * columns.size());
  for (double t : time)
    for (double y : rows)
      for (double x : columns) all.push_back(float(t * y * x));
  kept_ = on_device(all, activation.device());
  kept_for_ = shape;
  return kept_;
}

at::Tensor MotionPool::forward(const at::Tensor& activation, int64_t repeats) const {
  const int64_t batch = activation.size(0), channels = activation.size(1);
  const at::Tensor rows = activation.permute({0, 2, 3, 4, 1}).reshape({batch, -1, channels}).to(at::kFloat);
  return at::matmul(weights(activation, repeats), rows);  // [B,C]
}

at::Tensor MotionPool::backward(const at::Tensor& grad, const at::Tensor& activation, int64_t repeats) const {
  const at::Tensor places =
      weights(activation, repeats).view({1, activation.size(2), activation.size(3), activation.size(4), 1});
  const at::Tensor spread = grad.view({grad.size(0), 1, 1, 1, grad.size(1)}) * places;
  return spread.to(activation.scalar_type()).permute({0, 4, 1, 2, 3});  // [B,C,T,H,W]
}

}  // namespace vqat::model
