#include "model/vision.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "tensor/ops/attention.h"

namespace vqat::model {
namespace {

constexpr int64_t kChannels = 3;

// [n, 3, S, S] → rows of patches [n·g², 3·p²], channel-major inside a patch as the convolution's weight is.
at::Tensor patchify(const at::Tensor& pixels, int64_t patch) {
  const int64_t n = pixels.size(0), grid = pixels.size(2) / patch;
  return pixels.view({n, kChannels, grid, patch, grid, patch})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({n * grid * grid, kChannels * patch * patch});
}

// [n, g, g, D] → [n·(g/2)², 4D]: cell (r, c) joins (2r,2c), (2r,2c+1), (2r+1,2c), (2r+1,2c+1).
at::Tensor pixel_shuffle(const at::Tensor& x, int64_t n, int64_t grid) {
  const int64_t half = grid / 2, width = x.size(-1);
  return x.reshape({n, half, 2, half, 2, width})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({n * half * half, 4 * width});
}

at::Tensor pixel_unshuffle(const at::Tensor& y, int64_t n, int64_t grid) {
  const int64_t half = grid / 2, width = y.size(-1) / 4;
  return y.view({n, half, half, 2, 2, width}).permute({0, 1, 3, 2, 4, 5}).reshape({n, grid * grid, width});
}

// The bicubic weights of one axis, float32 [grid, trained]: what the operator makes of each unit vector.
at::Tensor bicubic(int64_t trained, int64_t grid, const at::Device& device) {
  const at::Tensor units =
      at::eye(trained, at::dtype(at::kFloat).device(device)).view({1, trained, trained, 1});
  return at::upsample_bicubic2d(units, {grid, 1}, false).view({trained, grid}).t();
}

void add_scaled_sum(Parameter& scale, const at::Tensor& dy, const at::Tensor& branch) {
  if (scale.trainable()) scale.grad.add_(at::sum(dy * branch, {0}, false, at::kFloat));
}

Norm norm_at(ParameterStore& parameters, const std::string& name, const VisionGeometry& geometry) {
  return {&parameters.get(name + ".weight"), geometry.rms ? nullptr : &parameters.get(name + ".bias"),
          geometry.norm_eps, geometry.rms};
}

Linear linear_at(ParameterStore& parameters, const std::string& name) {
  return {&parameters.get(name + ".weight"), parameters.find(name + ".bias")};
}

}  // namespace

VisionBlock::VisionBlock(ParameterStore& parameters, const VisionGeometry& geometry, int64_t index)
    : geometry_(geometry) {
  const std::string at = "vision.layers." + std::to_string(index);
  norm1_ = norm_at(parameters, at + ".norm1", geometry);
  norm2_ = norm_at(parameters, at + ".norm2", geometry);
  if (geometry.qk_norm) {
    // Over the full width, not per head, and with its own fixed epsilon.
    q_norm_ = {&parameters.get(at + ".attn.q_norm.weight"), nullptr, 1e-6, true};
    k_norm_ = {&parameters.get(at + ".attn.k_norm.weight"), nullptr, 1e-6, true};
  }
  qkv_ = linear_at(parameters, at + ".attn.qkv");
  out_ = linear_at(parameters, at + ".attn.out");
  fc1_ = linear_at(parameters, at + ".mlp.fc1");
  fc2_ = linear_at(parameters, at + ".mlp.fc2");
  ls1_ = &parameters.get(at + ".ls1");
  ls2_ = &parameters.get(at + ".ls2");
}

bool VisionBlock::trainable() const {
  return any_trains(norm1_, norm2_, qkv_, out_, fc1_, fc2_, ls1_, ls2_) ||
         (geometry_.qk_norm && any_trains(q_norm_, k_norm_));
}

// [frames·length, hidden] → [frames, heads, length, width], a view
at::Tensor VisionBlock::heads(const at::Tensor& rows, int64_t frames) const {
  return rows.unflatten(0, {frames, rows.size(0) / frames})
      .unflatten(2, {geometry_.heads, geometry_.hidden / geometry_.heads})
      .transpose(1, 2);
}

at::Tensor VisionBlock::forward(const at::Tensor& x, int64_t frames, VisionBlockSaved* saved) const {
  const at::Tensor middle = attend(x, frames, saved);
  if (saved) saved->middle = middle;
  return feed(middle, saved);
}

// What is not saved is gone as soon as its reader is done: a block's widest tensors never lie side by side.
at::Tensor VisionBlock::attend(const at::Tensor& x, int64_t frames, VisionBlockSaved* saved) const {
  const int64_t width = geometry_.hidden;
  at::Tensor qkv;
  {
    const at::Tensor normed = norm1_.forward(x, saved ? &saved->norm1 : nullptr);
    qkv = qkv_.forward(normed);
    if (saved && qkv_.wants_input()) saved->normed1 = normed;
  }
  at::Tensor q = qkv.narrow(1, 0, width), k = qkv.narrow(1, width, width);
  const at::Tensor v = qkv.narrow(1, 2 * width, width);
  if (geometry_.qk_norm) {
    q = q_norm_.forward(q.contiguous(), saved ? &saved->q_norm : nullptr);
    k = k_norm_.forward(k.contiguous(), saved ? &saved->k_norm : nullptr);
  }
  ops::FlashResult attention =
      ops::flash_forward(heads(q, frames), heads(k, frames), heads(v, frames), false);
  const at::Tensor attended = attention.out.transpose(1, 2).reshape({x.size(0), width});
  attention.out.reset();
  if (saved) {
    saved->qkv = std::exchange(qkv, {});
    saved->q = q;
    saved->k = k;
    saved->attended = attended;
    saved->log_sum_exp = attention.log_sum_exp;
  }
  at::Tensor projected = out_.forward(attended);
  if (!saved) return projected.mul_(ls1_->value).add_(x);
  if (ls1_->trainable()) saved->projected = projected;
  return x + projected * ls1_->value;
}

at::Tensor VisionBlock::feed(const at::Tensor& middle, VisionBlockSaved* saved) const {
  at::Tensor hidden;
  {
    const at::Tensor normed = norm2_.forward(middle, saved ? &saved->norm2 : nullptr);
    hidden = fc1_.forward(normed);
    if (saved && fc1_.wants_input()) saved->normed2 = normed;
  }
  if (!saved) return fc2_.forward(at::gelu_(hidden)).mul_(ls2_->value).add_(middle);
  saved->hidden = hidden;
  const at::Tensor activated = at::gelu(hidden), fed = fc2_.forward(activated);
  if (fc2_.wants_input()) saved->activated = activated;
  if (ls2_->trainable()) saved->fed = fed;
  return middle + fed * ls2_->value;
}

at::Tensor VisionBlock::backward(const at::Tensor& dy, int64_t frames, const VisionBlockSaved& s,
                                 bool need_input) const {
  add_scaled_sum(*ls2_, dy, s.fed);
  const at::Tensor dhidden = at::gelu_backward(fc2_.backward(dy * ls2_->value, s.activated), s.hidden);
  const at::Tensor dmiddle = dy + norm2_.backward(fc1_.backward(dhidden, s.normed2), s.middle, s.norm2);
  add_scaled_sum(*ls1_, dmiddle, s.projected);
  const at::Tensor dattended = out_.backward(dmiddle * ls1_->value, s.attended);
  const int64_t width = geometry_.hidden;
  const at::Tensor v = s.qkv.narrow(1, 2 * width, width);
  const ops::FlashGradients d =
      ops::flash_backward(heads(dattended, frames), heads(s.q, frames), heads(s.k, frames), heads(v, frames),
                          heads(s.attended, frames), s.log_sum_exp, false);
  const auto rows = [&](const at::Tensor& x) { return x.transpose(1, 2).reshape({s.input.size(0), width}); };
  at::Tensor dq = rows(d.q), dk = rows(d.k);
  if (geometry_.qk_norm) {
    dq = q_norm_.backward(dq, s.qkv.narrow(1, 0, width).contiguous(), s.q_norm);
    dk = k_norm_.backward(dk, s.qkv.narrow(1, width, width).contiguous(), s.k_norm);
  }
  const at::Tensor dqkv = at::cat({dq, dk, rows(d.v)}, 1);
  const bool reach_norm = need_input || norm1_.trainable();
  const at::Tensor dnormed = qkv_.backward(dqkv, s.normed1, reach_norm);
  if (!reach_norm) return {};
  const at::Tensor dx = norm1_.backward(dnormed, s.input, s.norm1, need_input);
  return need_input ? dmiddle + dx : at::Tensor();
}

VisionTower::VisionTower(ParameterStore& parameters, const VisionGeometry& geometry)
    : geometry_(geometry),
      class_embedding_(&parameters.get("vision.class_embedding")),
      position_embedding_(&parameters.get("vision.position_embedding")),
      patch_{&parameters.get("vision.patch.weight"), &parameters.get("vision.patch.bias")} {
  for (int64_t i = 0; i < geometry.layers; ++i) blocks_.emplace_back(parameters, geometry, i);
}

// [1 + grid², hidden]: the trained table as it is, or its square part resampled in float32.
at::Tensor VisionTower::position_rows(int64_t grid) const {
  const at::Tensor& table = position_embedding_->value;
  const int64_t trained = geometry_.trained_grid(), width = geometry_.hidden;
  if (grid == trained) return table;
  const auto square = table.narrow(0, 1, trained * trained)
                          .to(at::kFloat)
                          .view({1, trained, trained, width})
                          .permute({0, 3, 1, 2})
                          .contiguous();
  const auto resampled =
      at::upsample_bicubic2d(square, {grid, grid}, false).permute({0, 2, 3, 1}).reshape({grid * grid, width});
  return at::cat({table.narrow(0, 0, 1), resampled.to(table.scalar_type())}, 0);
}

void VisionTower::position_backward(const at::Tensor& dx, int64_t grid) const {
  const int64_t trained = geometry_.trained_grid(), width = geometry_.hidden;
  const auto sum = at::sum(dx, {0}, false, at::kFloat);  // [1 + grid², hidden]
  if (class_embedding_->trainable()) class_embedding_->grad.add_(sum[0]);
  if (!position_embedding_->trainable()) return;
  if (grid == trained) {
    position_embedding_->grad.add_(sum);
    return;
  }
  // The resampling is linear, axis by axis; its own backward operator has no deterministic form on CUDA.
  const at::Tensor back = bicubic(trained, grid, dx.device()).t();  // [trained, grid]
  const at::Tensor rows = at::mm(back, sum.narrow(0, 1, grid * grid).view({grid, grid * width}));
  const at::Tensor square = at::matmul(back, rows.view({trained, grid, width}));
  position_embedding_->grad.narrow(0, 0, 1).add_(sum.narrow(0, 0, 1));
  position_embedding_->grad.narrow(0, 1, trained * trained).add_(square.reshape({trained * trained, width}));
}

size_t VisionTower::lowest_block() const {
  if (embedding_trains()) return 0;
  const auto lowest = std::find_if(blocks_.begin(), blocks_.end(),
                                   [](const VisionBlock& block) { return block.trainable(); });
  return static_cast<size_t>(lowest - blocks_.begin());
}

at::Tensor VisionTower::forward(const at::Tensor& pixels, VisionSaved* saved) const {
  const int64_t n = pixels.size(0), size = pixels.size(2), grid = size / geometry_.patch;
  check(pixels.size(3) == size && size % (2 * geometry_.patch) == 0, "frames of ", size, " x ",
        pixels.size(3), " pixels: expected squares with a side that is a multiple of ", 2 * geometry_.patch);
  const at::Tensor patches = patchify(pixels, geometry_.patch);
  const at::Tensor embedded = patch_.forward(patches).view({n, grid * grid, geometry_.hidden});
  const at::Tensor first = class_embedding_->value.expand({n, 1, geometry_.hidden});
  at::Tensor x = (at::cat({first, embedded}, 1) + position_rows(grid)).view({-1, geometry_.hidden});
  if (saved) {
    saved->frames = n;
    saved->grid = grid;
    if (patch_.wants_input()) saved->patches = patches;
    saved->blocks.resize(blocks_.size());
  }
  const size_t lowest = lowest_block();
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const bool reached = saved && i >= lowest;
    if (reached) saved->blocks[i].input = x;
    x = blocks_[i].forward(x, n, reached && !saved->recompute ? &saved->blocks[i] : nullptr);
  }
  return pixel_shuffle(x.view({n, 1 + grid * grid, geometry_.hidden}).narrow(1, 1, grid * grid), n, grid);
}

void VisionTower::backward(const at::Tensor& dy, const VisionSaved& saved) const {
  const int64_t n = saved.frames, grid = saved.grid, width = geometry_.hidden;
  at::Tensor dx = at::zeros({n, 1 + grid * grid, width}, dy.options());
  dx.narrow(1, 1, grid * grid).copy_(pixel_unshuffle(dy, n, grid));
  dx = dx.view({-1, width});
  const bool below = embedding_trains();
  const size_t lowest = lowest_block();
  for (size_t i = blocks_.size(); i-- > lowest;) {
    VisionBlockSaved again;
    if (saved.recompute) {
      again.input = saved.blocks[i].input;
      blocks_[i].forward(again.input, n, &again);
    }
    dx = blocks_[i].backward(dx, n, saved.recompute ? again : saved.blocks[i], below || i > lowest);
  }
  if (!below) return;
  dx = dx.view({n, 1 + grid * grid, width});
  position_backward(dx, grid);
  patch_.backward(dx.narrow(1, 1, grid * grid).reshape({n * grid * grid, width}), saved.patches, false);
}

}  // namespace vqat::model
