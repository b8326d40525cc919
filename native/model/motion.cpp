// The walk through both pathways, forward and backward.
#include "model/motion.h"

#include "base/error.h"
#include "model/motion_reader.h"

namespace vqat::model {
namespace {

at::Tensor run_blocks(const std::vector<ResidualBlock>& blocks, at::Tensor x, std::vector<BlockSaved>* saved,
                      Statistics statistics) {
  for (const ResidualBlock& block : blocks) {
    BlockSaved local;
    x = block.forward(x, saved ? saved->emplace_back() : local, statistics);
  }
  return x;
}

at::Tensor run_blocks_backward(const std::vector<ResidualBlock>& blocks, at::Tensor grad,
                               const std::vector<BlockSaved>& saved) {
  for (size_t i = blocks.size(); i-- > 0;) grad = blocks[i].backward(grad, saved[i]);
  return grad;
}

}  // namespace

MotionNet::MotionNet(ParameterStore& parameters) {
  MotionReader reader(parameters);
  slow_stem_ = reader.stem(Pathway::kSlow);
  fast_stem_ = reader.stem(Pathway::kFast);
  int64_t slow = slow_stem_.conv.out_channels();
  int64_t fast = fast_stem_.conv.out_channels();
  const int64_t stage_count = reader.stage_count();
  for (int64_t i = 1; i <= stage_count; ++i) {
    fusions_.push_back(reader.fusion(i - 1, fast));
    const int64_t fused = slow + fusions_.back().conv.out_channels();
    stages_.push_back({reader.stage(i, Pathway::kSlow, fused), reader.stage(i, Pathway::kFast, fast)});
    slow = stages_.back().slow.back().c.out_channels();
    fast = stages_.back().fast.back().c.out_channels();
  }
  reader.expect_all_read();
  statistics_ = reader.statistics();
  width_ = slow + fast;
}

at::Tensor MotionNet::forward(const at::Tensor& pixels) const {
  return run(pixels, nullptr, Statistics::kKeep);
}

at::Tensor MotionNet::forward(const at::Tensor& pixels, MotionSaved& saved) const {
  return run(pixels, &saved, Statistics::kKeep);
}

void MotionNet::calibrate(const at::Tensor& pixels) {
  std::vector<at::Tensor> before;
  for (const Parameter* one : statistics_) before.push_back(one->value.clone());
  try {
    run(pixels, nullptr, Statistics::kMeasure);
  } catch (...) {
    for (size_t i = 0; i < before.size(); ++i) statistics_[i]->value.copy_(before[i]);
    throw;
  }
}

const at::Tensor& MotionNet::slow_frames(int64_t frames, at::Device device) const {
  if (slow_frames_for_ != frames || slow_frames_.device() != device) {
    slow_frames_ = slow_frame_indices(frames).to(device);
    slow_frames_for_ = frames;
  }
  return slow_frames_;
}

at::Tensor MotionNet::run(const at::Tensor& pixels, MotionSaved* saved, Statistics statistics) const {
  const auto shape = pixels.sizes();
  check(shape.size() == 5 && shape[2] == 3 && pixels.numel() > 0,
        "motion: expected pixels [clips, frames, 3, height, width], found ", shape);
  const at::ScalarType dtype = slow_stem_.conv.weight->value.scalar_type();
  check(pixels.scalar_type() == dtype, "motion: expected pixels of the parameters' type ", dtype, ", found ",
        pixels.scalar_type());
  const int64_t frames = shape[1];
  const at::Tensor chosen = slow_frames(frames, pixels.device());

  if (saved) *saved = {};
  const auto run_stem = [&](const Stem& stem, const at::Tensor& input, StemSaved* keep) {
    StemSaved local;  // large, and gone with the stem when nobody keeps it
    return stem.forward(input.transpose(1, 2), keep ? *keep : local, statistics);
  };
  at::Tensor slow = run_stem(slow_stem_, pixels.index_select(1, chosen), saved ? &saved->slow_stem : nullptr);
  at::Tensor fast = run_stem(fast_stem_, pixels, saved ? &saved->fast_stem : nullptr);
  for (size_t i = 0; i < stages_.size(); ++i) {
    FusionSaved fusion_local;
    slow = fusions_[i].forward(slow, fast, saved ? saved->fusions.emplace_back() : fusion_local, statistics);
    StageSaved* stage = saved ? &saved->stages.emplace_back() : nullptr;
    slow = run_blocks(stages_[i].slow, slow, stage ? &stage->slow : nullptr, statistics);
    fast = run_blocks(stages_[i].fast, fast, stage ? &stage->fast : nullptr, statistics);
  }
  const int64_t repeats = time_repeats(frames);
  return at::cat({slow_pool_.forward(slow, repeats), fast_pool_.forward(fast, repeats)}, 1)
      .to(pixels.scalar_type());  // [B,width]
}

void MotionNet::backward(const at::Tensor& grad, const MotionSaved& saved) const {
  if (!trainable()) return;
  const at::Tensor& slow_output = saved.stages.back().slow.back().output;
  const at::Tensor& fast_output = saved.stages.back().fast.back().output;
  const int64_t repeats = time_repeats(fast_output.size(2));
  at::Tensor slow = slow_pool_.backward(grad.narrow(1, 0, slow_output.size(1)), slow_output, repeats);
  at::Tensor fast =
      fast_pool_.backward(grad.narrow(1, slow_output.size(1), fast_output.size(1)), fast_output, repeats);
  for (size_t i = stages_.size(); i-- > 0;) {
    const Fusion::Grads fused = fusions_[i].backward(
        run_blocks_backward(stages_[i].slow, slow, saved.stages[i].slow), saved.fusions[i]);
    slow = fused.slow;
    fast = run_blocks_backward(stages_[i].fast, fast, saved.stages[i].fast).add_(fused.fast);
  }
  slow_stem_.backward(slow, saved.slow_stem);
  fast_stem_.backward(fast, saved.fast_stem);
}

}  // namespace vqat::model
