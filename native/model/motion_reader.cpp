// Names as in pytorchvideo's SlowFast, with `blocks.` replaced by `motion.`.
#include "model/motion_reader.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"

namespace vqat::model {
namespace {

const std::string kPrefix = "motion.";
constexpr int64_t kColours = 3;
constexpr int64_t kFusionTimeStride = 4;

// One more than the highest index between `prefix` and `next` in a parameter's name; 0 when none is there.
int64_t count_indices(const ParameterStore& parameters, const std::string& prefix, const std::string& next) {
  int64_t count = 0;
  for (const Parameter* parameter : parameters.in_order()) {
    const std::string& name = parameter->name;
    if (!name.starts_with(prefix)) continue;
    int64_t index = 0;
    size_t at = prefix.size();
    for (; at < name.size() && std::isdigit(static_cast<unsigned char>(name[at])) && index < 1000; ++at)
      index = index * 10 + (name[at] - '0');
    if (at > prefix.size() && name.compare(at, next.size(), next) == 0) count = std::max(count, index + 1);
  }
  return count;
}

std::string pathway_prefix(int64_t stage, Pathway pathway) {
  return kPrefix + std::to_string(stage) + ".multipathway_blocks." + std::to_string(int(pathway)) + ".";
}

}  // namespace

int64_t MotionReader::stage_count() const {
  // At least one is asked for, so that an error names its first tensor when there is none.
  return std::max<int64_t>(count_indices(parameters_, kPrefix, ".multipathway_blocks.") - 1, 1);
}

Stem MotionReader::stem(Pathway pathway) {
  const std::string prefix = pathway_prefix(0, pathway);
  Stem stem{conv_norm(prefix + "conv.weight", prefix + "norm.", kColours, Kernel::kAnyOdd)};
  stem.conv.space_stride = 2;
  return stem;
}

std::vector<ResidualBlock> MotionReader::stage(int64_t stage, Pathway pathway, int64_t in_channels) {
  const std::string prefix = pathway_prefix(stage, pathway) + "res_blocks.";
  const int64_t count = std::max<int64_t>(count_indices(parameters_, prefix, ".branch2."), 1);
  std::vector<ResidualBlock> blocks;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t space_stride = i == 0 && stage > 1 ? 2 : 1;
    blocks.push_back(block(prefix + std::to_string(i) + ".", in_channels, space_stride));
    in_channels = blocks.back().c.out_channels();
  }
  return blocks;
}

ResidualBlock MotionReader::block(const std::string& prefix, int64_t in_channels, int64_t space_stride) {
  const std::string branch = prefix + "branch2.";
  ResidualBlock block;
  block.a = conv_norm(branch + "conv_a.weight", branch + "norm_a.", in_channels, Kernel::kAnyOdd);
  block.b = conv_norm(branch + "conv_b.weight", branch + "norm_b.", block.a.out_channels(), Kernel::kAnyOdd);
  block.b.space_stride = space_stride;
  block.c = conv_norm(branch + "conv_c.weight", branch + "norm_c.", block.b.out_channels(), Kernel::kOne);
  const std::string shortcut = prefix + "branch1_conv.weight";
  // Without a convolution the input is added as it is, which needs its shape unchanged.
  if (parameters_.find(shortcut) || space_stride != 1 || in_channels != block.c.out_channels()) {
    block.shortcut = conv_norm(shortcut, prefix + "branch1_norm.", in_channels, Kernel::kOne);
    block.shortcut->space_stride = space_stride;
    read(shortcut, {block.c.out_channels(), in_channels, 1, 1, 1});
  }
  return block;
}

Fusion MotionReader::fusion(int64_t stage, int64_t fast_channels) {
  const std::string prefix = kPrefix + std::to_string(stage) + ".multipathway_fusion.";
  Fusion fusion{
      conv_norm(prefix + "conv_fast_to_slow.weight", prefix + "norm.", fast_channels, Kernel::kAnyOdd)};
  fusion.conv.time_stride = kFusionTimeStride;
  return fusion;
}

ConvNorm MotionReader::conv_norm(const std::string& conv, const std::string& norm, int64_t in_channels,
                                 Kernel kernel) {
  ConvNorm layer;
  layer.weight = read(conv);
  const auto shape = layer.weight->value.sizes();
  const bool odd = shape.size() == 5 && std::all_of(shape.begin() + 2, shape.end(), [&](int64_t size) {
                     return kernel == Kernel::kOne ? size == 1 : size % 2 == 1;
                   });
  if (!odd || shape[0] < 1 || shape[1] != in_channels)
    fail(Code::E_FORMAT, "parameter '", conv, "': expected shape [out, ", in_channels,
         kernel == Kernel::kOne ? ", 1, 1, 1]" : ", time, height, width] with odd kernel sizes", ", found ",
         shape);
  layer.norm.weight = read(norm + "weight", {shape[0]});
  layer.norm.bias = read(norm + "bias", {shape[0]});
  layer.norm.running_mean = read(norm + "running_mean", {shape[0]});
  layer.norm.running_var = read(norm + "running_var", {shape[0]});
  statistics_.insert(statistics_.end(), {layer.norm.running_mean, layer.norm.running_var});
  return layer;
}

Parameter* MotionReader::read(const std::string& name, at::IntArrayRef shape) {
  Parameter& parameter = parameters_.get(name, shape);
  read_.insert(name);
  return &parameter;
}

void MotionReader::expect_all_read() const {
  for (const Parameter* parameter : parameters_.in_order()) {
    const std::string& name = parameter->name;
    // Batch norm's step counter plays no part in eval mode.
    if (!name.starts_with(kPrefix) || name.ends_with(".num_batches_tracked")) continue;
    if (!read_.count(name))
      fail(Code::E_FORMAT, "parameter '", name,
           "' belongs to no layer of the motion network; remove it, or give the "
           "layers around it");
  }
}

}  // namespace vqat::model
