// Forward and written backward of the motion network's layers, on plain ATen calls of any device.
#include "model/motion_layers.h"

#include <array>

#include "base/safe_point.h"

namespace vqat::model {
namespace {

constexpr double kNormEpsilon = 1e-5;
constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast3d;

at::Tensor per_channel(const at::Tensor& vector) { return vector.view({-1, 1, 1, 1, 1}); }

at::Tensor as_float(const Parameter* parameter) { return parameter->value.to(at::kFloat); }

// [B,C,T,H,W] -> [B*T,C,H,W]; a view when channels are last in memory.
at::Tensor fold_time(const at::Tensor& x) {
  return x.transpose(1, 2).reshape({x.size(0) * x.size(2), x.size(1), x.size(3), x.size(4)});
}

at::Tensor unfold_time(const at::Tensor& x, int64_t batch) {
  return x.view({batch, x.size(0) / batch, x.size(1), x.size(2), x.size(3)}).transpose(1, 2);
}

// What of a kernel [out, in, kt, kh, kw] meets frames rather than padding when each output frame sees one.
at::Tensor middle(const at::Tensor& kernel) { return kernel.select(2, kernel.size(2) / 2); }

at::Tensor relu_backward(const at::Tensor& grad, const at::Tensor& activation) {
  return at::threshold_backward(grad, activation, 0);
}

}  // namespace

at::Tensor BatchNorm::inverse_deviation() const { return (as_float(running_var) + kNormEpsilon).rsqrt_(); }

at::Tensor ConvNorm::folded_weight(const at::Tensor& scale, const at::Tensor& input) const {
  return as_float(weight)
      .mul(per_channel(scale))
      .to(weight->value.scalar_type())
      .contiguous(input.suggest_memory_format());
}

at::Tensor ConvNorm::convolve(const at::Tensor& input, const at::Tensor& kernel,
                              const at::Tensor& bias) const {
  if (!is_plane(input))
    return at::conv3d(input, kernel, bias, {time_stride, space_stride, space_stride},
                      {kernel.size(2) / 2, kernel.size(3) / 2, kernel.size(4) / 2});
  // One frame at a time: a plane convolution is the better tuned one on every device.
  const at::Tensor plane = at::conv2d(fold_time(input), middle(kernel), bias, {space_stride, space_stride},
                                      {kernel.size(3) / 2, kernel.size(4) / 2});
  return unfold_time(plane, input.size(0));
}

bool ConvNorm::is_plane(const at::Tensor& input) const {
  // A single frame too: oneDNN's kernels for AMX tiles read memory that nobody wrote where in bfloat16 a
  // kernel of five frames meets one (version 3.12 in libtorch 2.13).
  return input.size(2) == 1 || (weight->value.size(2) == 1 && time_stride == 1);
}

void ConvNorm::measure(const at::Tensor& input) const {
  const at::Tensor response = convolve(input, weight->value, {}).to(at::kFloat);
  const auto [variance, mean] = at::var_mean(response, at::IntArrayRef{0, 2, 3, 4}, /*correction=*/0);
  norm.running_mean->value.copy_(mean);
  norm.running_var->value.copy_(variance);
}

at::Tensor ConvNorm::forward(const at::Tensor& input, Statistics statistics) const {
  if (statistics == Statistics::kMeasure)
    measure(input);  // no safe point: the layers before are measured already
  else
    safe_point();
  const at::Tensor scale = norm.inverse_deviation().mul_(norm.weight->value);
  const at::Tensor shift = as_float(norm.bias) - as_float(norm.running_mean) * scale;
  return convolve(input, folded_weight(scale, input), shift.to(input.scalar_type()));
}

at::Tensor ConvNorm::backward(const at::Tensor& grad, const at::Tensor& input, bool wants_input_grad) const {
  safe_point();
  const at::Tensor deviation = norm.inverse_deviation();
  const at::Tensor scale = deviation * norm.weight->value;
  const at::Tensor kernel = folded_weight(scale, input);
  const bool plane = is_plane(input);
  const std::array<bool, 3> wanted{wants_input_grad, trainable(), trainable()};
  const int64_t channels = out_channels();
  auto [input_grad, kernel_grad, shift_grad] =
      plane ? at::convolution_backward(fold_time(grad), fold_time(input), middle(kernel),
                                       at::IntArrayRef{channels}, {space_stride, space_stride},
                                       {kernel.size(3) / 2, kernel.size(4) / 2}, {1, 1}, false, {0, 0}, 1,
                                       wanted)
            : at::convolution_backward(grad, input, kernel, at::IntArrayRef{channels},
                                       {time_stride, space_stride, space_stride},
                                       {kernel.size(2) / 2, kernel.size(3) / 2, kernel.size(4) / 2},
                                       {1, 1, 1}, false, {0, 0, 0}, 1, wanted);
  if (trainable()) {
    at::Tensor folded = kernel_grad.to(at::kFloat);  // [out, in, kt, kh, kw]
    if (plane) {
      folded = at::zeros_like(weight->value, at::kFloat);
      middle(folded).copy_(kernel_grad);
    }
    const at::Tensor shift = shift_grad.to(at::kFloat);
    if (weight->trainable()) weight->grad.addcmul_(folded, per_channel(scale));
    if (norm.weight->trainable()) {
      const at::Tensor scale_grad =
          (folded * weight->value).sum({1, 2, 3, 4}) - as_float(norm.running_mean) * shift;
      norm.weight->grad.addcmul_(scale_grad, deviation);
    }
    if (norm.bias->trainable()) norm.bias->grad.add_(shift);
  }
  if (!wants_input_grad) return {};
  return plane ? unfold_time(input_grad, input.size(0)) : input_grad;
}

at::Tensor Stem::forward(const at::Tensor& frames, StemSaved& saved, Statistics statistics) const {
  saved.input = frames;
  // With so few input channels the convolution is faster on planes than with channels last.
  saved.activation = conv.forward(frames, statistics).contiguous(kChannelsLast).relu_();
  auto [pooled, indices] = at::max_pool2d_with_indices(fold_time(saved.activation), {3, 3}, {2, 2}, {1, 1});
  saved.pool_indices = indices;
  return unfold_time(pooled, frames.size(0));
}

void Stem::backward(const at::Tensor& grad, const StemSaved& saved) const {
  if (!conv.trainable()) return;
  const at::Tensor unpooled =
      at::max_pool2d_with_indices_backward(fold_time(grad), fold_time(saved.activation), {3, 3}, {2, 2},
                                           {1, 1}, {1, 1}, false, saved.pool_indices);
  conv.backward(relu_backward(unfold_time(unpooled, grad.size(0)), saved.activation), saved.input, false);
}

at::Tensor ResidualBlock::forward(const at::Tensor& input, BlockSaved& saved, Statistics statistics) const {
  saved.input = input;
  saved.a = a.forward(input, statistics).relu_();
  saved.b = b.forward(saved.a, statistics).relu_();
  saved.output = c.forward(saved.b, statistics);
  saved.output.add_(shortcut ? shortcut->forward(input, statistics) : input).relu_();
  return saved.output;
}

at::Tensor ResidualBlock::backward(const at::Tensor& grad, const BlockSaved& saved) const {
  const at::Tensor sum_grad = relu_backward(grad, saved.output);
  const at::Tensor b_grad = relu_backward(c.backward(sum_grad, saved.b, true), saved.b);
  const at::Tensor a_grad = relu_backward(b.backward(b_grad, saved.a, true), saved.a);
  at::Tensor input_grad = a.backward(a_grad, saved.input, true);
  return input_grad.add_(shortcut ? shortcut->backward(sum_grad, saved.input, true) : sum_grad);
}

at::Tensor Fusion::forward(const at::Tensor& slow, const at::Tensor& fast, FusionSaved& saved,
                           Statistics statistics) const {
  saved.fast = fast;
  saved.lateral = conv.forward(fast, statistics).relu_();
  return at::cat({slow, saved.lateral}, 1);
}

Fusion::Grads Fusion::backward(const at::Tensor& grad, const FusionSaved& saved) const {
  const int64_t slow_channels = grad.size(1) - conv.out_channels();
  const at::Tensor lateral = relu_backward(grad.narrow(1, slow_channels, conv.out_channels()), saved.lateral);
  return {grad.narrow(1, 0, slow_channels), conv.backward(lateral, saved.fast, true)};
}

}  // namespace vqat::model
