// SlowFast, the motion branch: two pathways of bottleneck stages over a clip's frames, pooled to one vector.
// Batch norm is always in eval mode. Knows nothing of the projector behind it.
#pragma once

#include <vector>

#include "model/motion_layers.h"
#include "model/motion_pool.h"
#include "tensor/parameter.h"

namespace vqat::model {

struct StageSaved {
  std::vector<BlockSaved> slow, fast;
};

// The activations that the backward needs; about all of them.
struct MotionSaved {
  StemSaved slow_stem, fast_stem;
  std::vector<StageSaved> stages;
  std::vector<FusionSaved> fusions;  // before each stage
};

// Feichtenhofer et al., SlowFast Networks for Video Recognition, in pytorchvideo's arrangement: lateral
// convolutions of time stride 4 after the stem and every stage but the last; the stem halves space twice,
// every stage from the second on once. Widths, kernels, stages and blocks are those of the tensors. For one
// thread: it keeps what the last clip's shape needed.
class MotionNet {
 public:
  // Takes the parameters named motion.*: pytorchvideo's names with `motion.` for `blocks.`, such as
  // `motion.0.multipathway_blocks.0.conv.weight`. Throws E_FORMAT naming the tensor that is missing, does not
  // fit or belongs to no layer.
  explicit MotionNet(ParameterStore& parameters);

  // Slow plus fast channels of the last stage.
  int64_t width() const { return width_; }
  bool trainable() const { return any_trains(slow_stem_, fast_stem_, stages_, fusions_); }

  // pixels [B,T,3,H,W], normalised, in the parameters' dtype, B and T >= 1. Returns [B,width] in that dtype,
  // the slow pathway's channels first.
  at::Tensor forward(const at::Tensor& pixels) const;
  at::Tensor forward(const at::Tensor& pixels, MotionSaved& saved) const;

  // grad [B,width] f32. Adds to the gradients of the trainable convolution and norm weights; the running
  // statistics are constants.
  void backward(const at::Tensor& grad, const MotionSaved& saved) const;

  // Sets every running mean and variance to those measured on these clips, in forward order: each with the
  // layers before it already set. All of them, or none when that fails on the way.
  void calibrate(const at::Tensor& pixels);

 private:
  struct Stage {
    std::vector<ResidualBlock> slow, fast;
    bool trainable() const { return any_trains(slow, fast); }
  };

  at::Tensor run(const at::Tensor& pixels, MotionSaved* saved, Statistics statistics) const;
  // int64, on the device.
  const at::Tensor& slow_frames(int64_t frames, at::Device device) const;

  Stem slow_stem_, fast_stem_;
  std::vector<Stage> stages_;
  std::vector<Fusion> fusions_;              // before each stage
  MotionPool slow_pool_{8}, fast_pool_{32};  // time steps of their windows
  std::vector<Parameter*> statistics_;       // running means and variances
  int64_t width_ = 0;
  mutable int64_t slow_frames_for_ = 0;
  mutable at::Tensor slow_frames_;  // of a clip of so many frames
};

}  // namespace vqat::model
