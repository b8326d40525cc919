// Built by the names of pytorchvideo's SlowFast; each layer is one library call.
#include "motion_cases.h"

#include <algorithm>
#include <cmath>

namespace vqat::model::testing {
namespace {

std::string pathway(int64_t stage, int64_t path) {
  return "motion." + std::to_string(stage) + ".multipathway_blocks." + std::to_string(path) + ".";
}

struct Plain {
  const Tensors& tensors;
  const Observer& observe;

  at::Tensor conv_norm(const at::Tensor& x, const std::string& conv, const std::string& norm,
                       int64_t time_stride, int64_t space_stride) const {
    const at::Tensor& w = tensors.at(conv);
    const at::Tensor y = at::conv3d(x, w, {}, {time_stride, space_stride, space_stride},
                                    {w.size(2) / 2, w.size(3) / 2, w.size(4) / 2});
    if (observe.before_norm) observe.before_norm(norm, y);
    return at::batch_norm(y, tensors.at(norm + "weight"), tensors.at(norm + "bias"),
                          tensors.at(norm + "running_mean"), tensors.at(norm + "running_var"), false, 0.1,
                          1e-5, false);
  }

  at::Tensor relu(const at::Tensor& x) const {
    if (observe.before_relu) observe.before_relu(x);
    return at::relu(x);
  }

  at::Tensor stem(const at::Tensor& x, int64_t path) const {
    const std::string p = pathway(0, path);
    return at::max_pool3d(relu(conv_norm(x, p + "conv.weight", p + "norm.", 1, 2)), {1, 3, 3}, {1, 2, 2},
                          {0, 1, 1});
  }

  at::Tensor stage(at::Tensor x, int64_t stage, int64_t path) const {
    for (int64_t j = 0;; ++j) {
      const std::string p = pathway(stage, path) + "res_blocks." + std::to_string(j) + ".";
      if (!tensors.count(p + "branch2.conv_a.weight")) return x;
      const int64_t stride = j == 0 && stage > 1 ? 2 : 1;
      at::Tensor y = relu(conv_norm(x, p + "branch2.conv_a.weight", p + "branch2.norm_a.", 1, 1));
      y = relu(conv_norm(y, p + "branch2.conv_b.weight", p + "branch2.norm_b.", 1, stride));
      y = conv_norm(y, p + "branch2.conv_c.weight", p + "branch2.norm_c.", 1, 1);
      if (tensors.count(p + "branch1_conv.weight"))
        x = conv_norm(x, p + "branch1_conv.weight", p + "branch1_norm.", 1, stride);
      x = relu(x + y);
    }
  }

  at::Tensor fuse(const at::Tensor& slow, const at::Tensor& fast, int64_t stage) const {
    const std::string p = "motion." + std::to_string(stage) + ".multipathway_fusion.";
    if (!tensors.count(p + "conv_fast_to_slow.weight")) return slow;
    return at::cat({slow, relu(conv_norm(fast, p + "conv_fast_to_slow.weight", p + "norm.", 4, 1))}, 1);
  }
};

}  // namespace

Tensors random_motion(const MotionShape& shape, int64_t seed) {
  at::manual_seed(seed);
  Tensors tensors;
  const auto add = [&](const std::string& conv, const std::string& norm, std::vector<int64_t> size) {
    const double spread = 1.4 / std::sqrt(double(size[1] * size[2] * size[3] * size[4]));
    tensors[conv] = at::randn(size) * spread;
    tensors[norm + "weight"] = at::rand(size[0]) + 0.5;
    tensors[norm + "bias"] = at::randn(size[0]) * 0.3;
    tensors[norm + "running_mean"] = at::randn(size[0]) * 0.3;
    tensors[norm + "running_var"] = at::rand(size[0]) + 0.5;
  };
  const auto fusion = [&](int64_t stage, int64_t fast) {
    const std::string p = "motion." + std::to_string(stage) + ".multipathway_fusion.";
    add(p + "conv_fast_to_slow.weight", p + "norm.", {fast * shape.lateral, fast, 7, 1, 1});
  };
  add(pathway(0, 0) + "conv.weight", pathway(0, 0) + "norm.", {shape.slow_stem, 3, 1, 7, 7});
  add(pathway(0, 1) + "conv.weight", pathway(0, 1) + "norm.", {shape.fast_stem, 3, 5, 7, 7});
  int64_t slow = shape.slow_stem, fast = shape.fast_stem;
  for (size_t s = 0; s < shape.blocks.size(); ++s) {
    const int64_t stage = int64_t(s) + 1;
    fusion(stage - 1, fast);
    slow += fast * shape.lateral;
    const auto blocks = [&](int64_t path, int64_t in, int64_t inner, int64_t time_kernel) {
      for (int64_t j = 0; j < shape.blocks[s]; ++j) {
        const std::string p = pathway(stage, path) + "res_blocks." + std::to_string(j) + ".";
        if (in != inner * 4 || (j == 0 && stage > 1))
          add(p + "branch1_conv.weight", p + "branch1_norm.", {inner * 4, in, 1, 1, 1});
        add(p + "branch2.conv_a.weight", p + "branch2.norm_a.", {inner, in, time_kernel, 1, 1});
        add(p + "branch2.conv_b.weight", p + "branch2.norm_b.", {inner, inner, 1, 3, 3});
        add(p + "branch2.conv_c.weight", p + "branch2.norm_c.", {inner * 4, inner, 1, 1, 1});
        in = inner * 4;
      }
      return in;
    };
    slow = blocks(0, slow, shape.slow_inner << s, stage > 2 ? 3 : 1);
    fast = blocks(1, fast, shape.fast_inner << s, 3);
  }
  return tensors;
}

bool is_statistic(const std::string& name) { return name.find("running_") != std::string::npos; }

void fill(ParameterStore& store, const Tensors& tensors, bool trainable, at::ScalarType dtype) {
  for (const auto& [name, value] : tensors) {
    Parameter& parameter = store.add(name, value.detach().clone().to(dtype));
    if (trainable && !is_statistic(name)) parameter.grad = at::zeros(value.sizes());
  }
}

at::Tensor plain_pool(const at::Tensor& activation, int64_t repeats, int64_t time_window) {
  // The CPU's average pool has no bfloat16.
  const bool low = activation.scalar_type() == at::kBFloat16;
  const at::Tensor repeated = (low ? activation.to(at::kFloat) : activation).repeat_interleave(repeats, 2);
  const std::vector<int64_t> window{std::min(time_window, repeated.size(2)),
                                    std::min<int64_t>(7, repeated.size(3)),
                                    std::min<int64_t>(7, repeated.size(4))};
  return at::avg_pool3d(repeated, window, {1, 1, 1}).mean({2, 3, 4}).to(activation.scalar_type());
}

at::Tensor plain_motion(const Tensors& tensors, const at::Tensor& pixels, const Observer& observe) {
  const Plain plain{tensors, observe};
  const int64_t frames = pixels.size(1);
  const int64_t slow_frames = (frames - 1) / 4 + 1;
  const int64_t repeats = (12 + slow_frames - 1) / slow_frames;
  const at::Tensor clip = pixels.transpose(1, 2);
  at::Tensor slow = clip.index_select(2, at::linspace(0, frames - 1, slow_frames, at::kFloat).to(at::kLong));
  at::Tensor fast = clip;
  slow = plain.stem(slow, 0);
  fast = plain.stem(fast, 1);
  for (int64_t stage = 1; tensors.count(pathway(stage, 0) + "res_blocks.0.branch2.conv_a.weight"); ++stage) {
    slow = plain.stage(plain.fuse(slow, fast, stage - 1), stage, 0);
    fast = plain.stage(fast, stage, 1);
  }
  return at::cat({plain_pool(slow, repeats, 8), plain_pool(fast, repeats, 32)}, 1);
}

double relative_error(const at::Tensor& value, const at::Tensor& expected) {
  const at::Tensor wanted = expected.to(at::kDouble);
  return ((value.to(at::kDouble) - wanted).norm() / wanted.norm()).item<double>();
}

}  // namespace vqat::model::testing
