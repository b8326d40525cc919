// Clips → features: the vision tower over all frames and the motion net over each clip, before the
// projectors. Frozen encoders remember their clips.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "model/clip.h"
#include "model/feature_cache.h"
#include "model/motion.h"
#include "model/vision.h"

namespace vqat::model {

// What a pass over some of the clips keeps, and how many rows of features it gave.
template <class Saved>
struct Chunk {
  int64_t rows;
  Saved saved;
};

struct EncoderSaved {
  bool recompute = false;                  // of the tower, as VisionSaved has it
  std::vector<Chunk<VisionSaved>> vision;  // empty when the tower is frozen
  std::vector<Chunk<MotionSaved>> motion;  // empty when the motion net is frozen
};

using Clips = std::vector<std::shared_ptr<Clip>>;

class Encoder {
 public:
  Encoder(ParameterStore& parameters, const VisionGeometry& geometry);

  Features forward(const Clips& clips, EncoderSaved* saved = nullptr);
  void backward(const at::Tensor& dtokens, const at::Tensor& dmotion, const EncoderSaved& saved) const;

  bool has_motion() const { return motion_.has_value(); }
  int64_t visual_tokens(const Clip& clip) const { return clip.frames() * geometry_.tokens(clip.size()); }
  const MotionNet& motion() const { return *motion_; }
  bool vision_trainable() const { return vision_.trainable(); }
  bool motion_trainable() const { return any_trains(motion_); }
  bool trainable() const { return any_trains(vision_, motion_); }
  void each_linear(const LinearVisitor& visit) { vision_.each_linear(visit); }
  // Call when weights change under frozen encoders, or before they thaw.
  void forget() { cache_.clear(); }
  // [clips, motion width], by the motion net alone. E_UNAVAILABLE without motion parts.
  at::Tensor motion_features(const Clips& clips) const;
  // Sets the motion net's running statistics to those measured on these clips, all of one shape.
  void calibrate_motion(const Clips& clips);

 private:
  // [Σ frames, 3, S, S] of clips of one size, in the tower's dtype and device
  at::Tensor pixels(const Clips& clips) const;
  at::Tensor run_vision(const Clips& clips, EncoderSaved* saved) const;
  at::Tensor run_motion(const Clips& clips, EncoderSaved* saved) const;
  Features run(const Clips& clips, EncoderSaved* saved) const;

  const VisionGeometry geometry_;
  VisionTower vision_;
  std::optional<MotionNet> motion_;
  const Parameter* vision_weight_;  // tells dtype and device
  FeatureCache cache_;
};

}  // namespace vqat::model
