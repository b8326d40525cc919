// The layers of the motion network: convolution with frozen-statistics batch norm, pooled stem, residual
// bottleneck. Activations are [B,C,T,H,W], channels last in memory but for the frames. Knows nothing of
// pathways or of how tensors are found: motion.h.
#pragma once

#include <optional>

#include "tensor/parameter.h"

namespace vqat::model {

// What batch norm does with its running statistics: normalise by them, or first set them to this input's own.
enum class Statistics { kKeep, kMeasure };

// Batch norm over all axes but the channel, in eval mode with eps 1e-5:
// y = (x - mean) / sqrt(var + eps) * weight + bias.
struct BatchNorm {
  Parameter* weight;
  Parameter* bias;
  Parameter* running_mean;
  Parameter* running_var;

  at::Tensor inverse_deviation() const;  // [C] f32
};

// A convolution without bias, padding floor(kernel / 2), then batch norm folded into its weight.
struct ConvNorm {
  Parameter* weight;  // [out, in, kt, kh, kw], odd kernels
  BatchNorm norm;
  int64_t time_stride = 1;
  int64_t space_stride = 1;

  at::Tensor forward(const at::Tensor& input, Statistics statistics) const;
  // Adds to the gradients of what is trainable. `grad` is that of the output; returns that of `input`,
  // undefined when not wanted. The norm weight's gradient follows from the folded weight's, so that no
  // activation between convolution and norm is kept: d(scale) = <weight, d(folded weight)> - mean * d(shift).
  at::Tensor backward(const at::Tensor& grad, const at::Tensor& input, bool wants_input_grad) const;

  bool trainable() const { return any_trains(weight, norm.weight, norm.bias); }
  int64_t out_channels() const { return weight->value.size(0); }

 private:
  // In the memory format that suits `input`.
  at::Tensor folded_weight(const at::Tensor& scale, const at::Tensor& input) const;
  // Whether each output frame sees one input frame alone.
  bool is_plane(const at::Tensor& input) const;
  void measure(const at::Tensor& input) const;
  at::Tensor convolve(const at::Tensor& input, const at::Tensor& kernel, const at::Tensor& bias) const;
};

struct StemSaved {
  at::Tensor input;       // frames
  at::Tensor activation;  // after the ReLU, before the pool
  at::Tensor pool_indices;
};

// Convolution, batch norm, ReLU, then max pooling 3x3 with stride 2 over space.
struct Stem {
  ConvNorm conv;

  at::Tensor forward(const at::Tensor& frames, StemSaved& saved, Statistics statistics) const;
  void backward(const at::Tensor& grad, const StemSaved& saved) const;
  bool trainable() const { return conv.trainable(); }
};

struct BlockSaved {
  at::Tensor input;
  at::Tensor a, b;  // after their ReLU
  at::Tensor output;
};

// Bottleneck: relu(c(relu(b(relu(a(x))))) + shortcut(x)), where a missing shortcut is the identity.
struct ResidualBlock {
  ConvNorm a, b, c;
  std::optional<ConvNorm> shortcut;

  at::Tensor forward(const at::Tensor& input, BlockSaved& saved, Statistics statistics) const;
  at::Tensor backward(const at::Tensor& grad, const BlockSaved& saved) const;
  bool trainable() const { return any_trains(a, b, c, shortcut); }
};

struct FusionSaved {
  at::Tensor fast;
  at::Tensor lateral;  // after the ReLU
};

// The fast pathway's activation, convolved to the slow pathway's rate and appended to its channels.
struct Fusion {
  ConvNorm conv;

  at::Tensor forward(const at::Tensor& slow, const at::Tensor& fast, FusionSaved& saved,
                     Statistics statistics) const;
  struct Grads {
    at::Tensor slow, fast;
  };
  Grads backward(const at::Tensor& grad, const FusionSaved& saved) const;
  bool trainable() const { return conv.trainable(); }
};

}  // namespace vqat::model
