#include "model/encoder.h"

#include <functional>

#include "base/error.h"
#include "base/memory.h"

namespace vqat::model {
namespace {

// Rows of the vision tower in one pass (fifteen 448-pixel frames), and pixels of the motion net in one pass
// (six clips of six such frames): bounds on activations, not on what a call may hold.
constexpr int64_t kVisionRows = 16384;
constexpr int64_t kMotionPixels = int64_t{8} << 20;

// Splits clips into consecutive parts of one shape and at most `limit` units (at least one clip each).
std::vector<Clips> split(const Clips& clips, int64_t limit,
                         const std::function<int64_t(const Clip&)>& units) {
  std::vector<Clips> parts;
  int64_t used = 0;
  for (const auto& clip : clips) {
    const int64_t more = units(*clip);
    const bool fits = !parts.empty() && used + more <= limit && parts.back()[0]->size() == clip->size() &&
                      parts.back()[0]->frames() == clip->frames();
    if (!fits) {
      parts.emplace_back();
      used = 0;
    }
    parts.back().push_back(clip);
    used += more;
  }
  return parts;
}

}  // namespace

Encoder::Encoder(ParameterStore& parameters, const VisionGeometry& geometry)
    : geometry_(geometry),
      vision_(parameters, geometry),
      vision_weight_(&parameters.get("vision.patch.weight")) {
  if (parameters.find("motion.0.multipathway_blocks.0.conv.weight")) motion_.emplace(parameters);
}

at::Tensor Encoder::pixels(const Clips& clips) const {
  std::vector<at::Tensor> parts;
  for (const auto& clip : clips)
    parts.push_back(clip->pixels(vision_weight_->value.scalar_type(), vision_weight_->value.device()));
  return parts.size() == 1 ? parts[0] : at::cat(parts, 0);
}

at::Tensor Encoder::run_vision(const Clips& clips, EncoderSaved* saved) const {
  const auto rows = [&](const Clip& clip) {
    const int64_t grid = clip.size() / geometry_.patch;
    return clip.frames() * (1 + grid * grid);
  };
  const bool keep = saved && vision_trainable();
  std::vector<at::Tensor> out;
  for (const Clips& part : split(clips, kVisionRows, rows)) {
    VisionSaved chunk;
    chunk.recompute = keep && saved->recompute;
    out.push_back(vision_.forward(pixels(part), keep ? &chunk : nullptr));
    if (keep) saved->vision.push_back({out.back().size(0), std::move(chunk)});
  }
  return at::cat(out, 0);
}

at::Tensor Encoder::run_motion(const Clips& clips, EncoderSaved* saved) const {
  const auto count = [](const Clip& clip) { return clip.frames() * clip.size() * clip.size(); };
  const bool keep = saved && motion_trainable();
  std::vector<at::Tensor> out;
  for (const Clips& part : split(clips, kMotionPixels, count)) {
    const auto n = static_cast<int64_t>(part.size());
    const at::Tensor input = pixels(part).unflatten(0, {n, part[0]->frames()});
    MotionSaved chunk;
    out.push_back(keep ? motion_->forward(input, chunk) : motion_->forward(input));
    if (keep) saved->motion.push_back({n, std::move(chunk)});
  }
  return at::cat(out, 0);
}

Features Encoder::run(const Clips& clips, EncoderSaved* saved) const {
  Features features;
  features.tokens = run_vision(clips, saved);
  if (has_motion()) features.motion = run_motion(clips, saved);
  for (const auto& clip : clips) features.counts.push_back(visual_tokens(*clip));
  return features;
}

Features Encoder::forward(const Clips& clips, EncoderSaved* saved) {
  if (trainable()) return run(clips, saved);
  std::vector<Features> found;
  bool any_fresh = false;
  for (const auto& clip : clips) {
    auto kept = cache_.find(clip->id());
    if (!kept) {
      // Alone: what is kept must not depend, in its last bits, on the clips that happened to come with it.
      kept = run({clip}, nullptr);
      cache_.keep(clip->id(), *kept);
      any_fresh = true;
    }
    found.push_back(*kept);
  }
  if (any_fresh) return_freed_memory();
  std::vector<at::Tensor> tokens, motion;
  Features features;
  for (const auto& one : found) {
    tokens.push_back(one.tokens);
    if (has_motion()) motion.push_back(one.motion);
    features.counts.push_back(one.counts[0]);
  }
  features.tokens = at::cat(tokens, 0);
  if (has_motion()) features.motion = at::cat(motion, 0);
  return features;
}

void Encoder::backward(const at::Tensor& dtokens, const at::Tensor& dmotion,
                       const EncoderSaved& saved) const {
  int64_t row = 0, clip = 0;
  for (const auto& chunk : saved.vision) {
    vision_.backward(dtokens.narrow(0, row, chunk.rows), chunk.saved);
    row += chunk.rows;
  }
  if (!dmotion.defined()) return;  // no prompt had a motion slot
  for (const auto& chunk : saved.motion) {
    motion_->backward(dmotion.narrow(0, clip, chunk.rows).to(at::kFloat), chunk.saved);
    clip += chunk.rows;
  }
}

at::Tensor Encoder::motion_features(const Clips& clips) const {
  if (!has_motion()) fail(Code::E_UNAVAILABLE, "motion feature: this checkpoint has no motion parts");
  return run_motion(clips, nullptr);
}

void Encoder::calibrate_motion(const Clips& clips) {
  if (!has_motion()) fail(Code::E_ARGUMENT, "this checkpoint has no motion parts to calibrate");
  for (const auto& clip : clips)
    check(clip->size() == clips[0]->size() && clip->frames() == clips[0]->frames(),
          "calibration needs clips of one shape");
  motion_->calibrate(pixels(clips).unflatten(0, {static_cast<int64_t>(clips.size()), clips[0]->frames()}));
  forget();
}

}  // namespace vqat::model
