// Clips → features: the vision tower over all frames and the motion net over each clip, before the
// projectors. A frozen tower remembers frames, a frozen motion net clips.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "model/clip.h"
#include "model/feature_cache.h"
#include "model/motion.h"
#include "model/vision.h"

namespace vqat::model {

// Encoder outputs of clips, in order, before the projectors.
struct Features {
  at::Tensor tokens;            // [Σ visual tokens, 4·vision hidden]
  at::Tensor motion;            // [clips, motion width]; undefined without motion parts
  std::vector<int64_t> counts;  // visual tokens of each clip
};

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

  // A clip and its perturbed copies have their frames looked at once: in the call, or for as long as the
  // tower is frozen. Only what `saved` keeps for a backward is of the clips as they are.
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
  void forget() {
    frames_.clear();
    motions_.clear();
  }
  // [clips, motion width], by the motion net alone. E_UNAVAILABLE without motion parts.
  at::Tensor motion_features(const Clips& clips) const;
  // Sets the motion net's running statistics to those measured on these clips, all of one shape.
  void calibrate_motion(const Clips& clips);

 private:
  // [Σ frames, 3, S, S] of clips of one size, in the tower's dtype and device
  at::Tensor pixels(const Clips& clips) const;
  at::Tensor run_vision(const Clips& clips, EncoderSaved* saved) const;
  at::Tensor run_motion(const Clips& clips, EncoderSaved* saved) const;
  // [Σ visual tokens, 4·vision hidden], each source's frames looked at once.
  at::Tensor tokens(const Clips& clips);
  // Features of whole sources, in order; a frozen tower's are kept.
  std::vector<at::Tensor> source_tokens(const Clips& sources);
  // [clips, motion width] of the frozen net, kept.
  at::Tensor kept_motion(const Clips& clips);
  // A frame of zeros after normalisation, of this size.
  std::shared_ptr<Clip> blank(int64_t size);

  const VisionGeometry geometry_;
  VisionTower vision_;
  std::optional<MotionNet> motion_;
  const Parameter* vision_weight_;  // tells dtype and device
  FeatureCache frames_, motions_;   // by source, by clip
  std::vector<std::shared_ptr<Clip>> blanks_;
};

}  // namespace vqat::model
