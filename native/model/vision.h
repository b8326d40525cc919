// InternViT: normalised frames → patch features after the 2×2 pixel shuffle, forward and written backward.
// Source: model maths of InternViT-300M/6B; position table resampled as PyTorch's bicubic (a = −0.75).
#pragma once

#include <vector>

#include "model/geometry.h"
#include "tensor/linear.h"
#include "tensor/norm.h"

namespace vqat::model {

// Undefined where nothing that trains reads it.
struct VisionBlockSaved {
  at::Tensor input;  // the tower's to keep; the rest is the block's
  at::Tensor normed1, qkv, q, k, attended, log_sum_exp, projected;
  at::Tensor middle, normed2, hidden, activated, fed;
  NormSaved norm1, norm2, q_norm, k_norm;
};

struct VisionSaved {
  bool recompute = false;  // keep only each block's input, and make the rest again in the backward
  int64_t frames = 0, grid = 0;
  at::Tensor patches;
  std::vector<VisionBlockSaved> blocks;  // empty ones below the lowest that the backward reaches
};

// One transformer block over [frames·length, hidden].
class VisionBlock {
 public:
  VisionBlock(ParameterStore& parameters, const VisionGeometry& geometry, int64_t index);
  // Fills all of `saved` but its input.
  at::Tensor forward(const at::Tensor& x, int64_t frames, VisionBlockSaved* saved) const;
  // → dL/dx, or undefined without need_input
  at::Tensor backward(const at::Tensor& dy, int64_t frames, const VisionBlockSaved& saved,
                      bool need_input) const;

  bool trainable() const;
  void each_linear(const LinearVisitor& visit) {
    for (Linear* linear : {&qkv_, &out_, &fc1_, &fc2_}) visit(*linear);
  }

 private:
  at::Tensor heads(const at::Tensor& rows, int64_t frames) const;
  // x + ls1 · attention, and middle + ls2 · MLP.
  at::Tensor attend(const at::Tensor& x, int64_t frames, VisionBlockSaved* saved) const;
  at::Tensor feed(const at::Tensor& middle, VisionBlockSaved* saved) const;

  const VisionGeometry geometry_;
  Norm norm1_, norm2_, q_norm_, k_norm_;
  Linear qkv_, out_, fc1_, fc2_;
  Parameter *ls1_, *ls2_;
};

class VisionTower {
 public:
  VisionTower(ParameterStore& parameters, const VisionGeometry& geometry);

  // pixels [frames, 3, S, S], S a multiple of 2·patch → [frames · tokens(S), 4·hidden]
  at::Tensor forward(const at::Tensor& pixels, VisionSaved* saved = nullptr) const;
  // Adds to the gradients of every trainable tensor of the tower. dy like the forward's result.
  void backward(const at::Tensor& dy, const VisionSaved& saved) const;

  bool trainable() const { return embedding_trains() || any_trains(blocks_); }
  void each_linear(const LinearVisitor& visit) {
    visit(patch_);
    for (VisionBlock& block : blocks_) block.each_linear(visit);
  }

 private:
  // What lies below the blocks.
  bool embedding_trains() const { return any_trains(class_embedding_, position_embedding_, patch_); }
  // The first block that a backward reaches: nothing below it trains.
  size_t lowest_block() const;
  at::Tensor position_rows(int64_t grid) const;
  void position_backward(const at::Tensor& dx, int64_t grid) const;

  const VisionGeometry geometry_;
  Parameter *class_embedding_, *position_embedding_;
  Linear patch_;
  std::vector<VisionBlock> blocks_;
};

}  // namespace vqat::model
