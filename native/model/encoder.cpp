#include "model/encoder.h"

#include <functional>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/host.h"

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

// Tokens of a clip's frames [F·T, C] out of its source's and, where it has one, out of a frame of zeros' [T,
// C].
at::Tensor arranged(const Clip& clip, const at::Tensor& source, const at::Tensor& blank) {
  if (clip.id() == clip.source_id()) return source;
  const int64_t frames = source.size(0) / clip.source_frames();
  std::vector<int64_t> rows(clip.order().begin(), clip.order().end());
  at::Tensor from = source;
  if (clip.has_blanks()) {
    from = at::cat({source, blank}, 0);
    for (int64_t& row : rows)
      if (row < 0) row = clip.source_frames();
  }
  return from.unflatten(0, {-1, frames}).index_select(0, on_device(rows, source.device())).flatten(0, 1);
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

std::shared_ptr<Clip> Encoder::blank(int64_t size) {
  for (const auto& kept : blanks_)
    if (kept->size() == size) return kept;
  return blanks_.emplace_back(Clip(1, size).perturb({-1}));
}

std::vector<at::Tensor> Encoder::source_tokens(const Clips& sources) {
  if (vision_trainable()) {
    const at::Tensor all = run_vision(sources, nullptr);
    std::vector<int64_t> counts;
    for (const auto& source : sources) counts.push_back(visual_tokens(*source));
    return all.split_with_sizes(counts, 0);
  }
  std::vector<at::Tensor> out;
  bool any_fresh = false;
  for (const auto& source : sources) {
    at::Tensor& found = out.emplace_back(frames_.find(source->source_id()));
    if (found.defined()) continue;
    // Alone and whole: what is kept must not depend, in its last bits, on what happened to come with it.
    found = run_vision({source}, nullptr);
    frames_.keep(source->source_id(), found);
    any_fresh = true;
  }
  if (any_fresh) return_freed_memory();
  return out;
}

at::Tensor Encoder::tokens(const Clips& clips) {
  Clips sources;
  std::unordered_map<uint64_t, size_t> places;
  const auto place_of = [&](uint64_t id, const auto& make) {
    const auto [place, is_new] = places.try_emplace(id, sources.size());
    if (is_new) sources.push_back(make());
    return place->second;
  };
  std::vector<std::pair<size_t, size_t>> of;  // for each clip: its source's place, and the blank frame's
  for (const auto& clip : clips) {
    const size_t source = place_of(clip->source_id(), [&] { return clip->source(); });
    size_t empty = source;
    if (clip->has_blanks()) {
      const auto frame = blank(clip->size());
      empty = place_of(frame->source_id(), [&] { return frame; });
    }
    of.emplace_back(source, empty);
  }
  const std::vector<at::Tensor> seen = source_tokens(sources);
  std::vector<at::Tensor> out;
  for (size_t i = 0; i < clips.size(); ++i)
    out.push_back(arranged(*clips[i], seen[of[i].first], seen[of[i].second]));
  return out.size() == 1 ? out[0] : at::cat(out, 0);
}

at::Tensor Encoder::kept_motion(const Clips& clips) {
  std::vector<at::Tensor> out;
  for (const auto& clip : clips) {
    at::Tensor& found = out.emplace_back(motions_.find(clip->id()));
    if (found.defined()) continue;
    found = run_motion({clip}, nullptr);
    motions_.keep(clip->id(), found);
  }
  return at::cat(out, 0);
}

Features Encoder::forward(const Clips& clips, EncoderSaved* saved) {
  Features features;
  features.tokens = saved && vision_trainable() ? run_vision(clips, saved) : tokens(clips);
  if (has_motion()) features.motion = motion_trainable() ? run_motion(clips, saved) : kept_motion(clips);
  for (const auto& clip : clips) features.counts.push_back(visual_tokens(*clip));
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
