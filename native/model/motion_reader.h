// Finds the motion network's layers by tensor name and takes their geometry from the shapes.
// Knows names and shapes only; what the layers compute is in motion_layers.h.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "model/motion_layers.h"

namespace vqat::model {

enum class Pathway { kSlow = 0, kFast = 1 };

// Every call throws E_FORMAT naming the tensor when one is missing or does not fit.
class MotionReader {
 public:
  explicit MotionReader(ParameterStore& parameters) : parameters_(parameters) {}

  // Stages after the stem, from the highest index in the names.
  int64_t stage_count() const;
  Stem stem(Pathway pathway);
  // stage from 1.
  std::vector<ResidualBlock> stage(int64_t stage, Pathway pathway, int64_t in_channels);
  // From the fast pathway to the slow one after `stage` (0: the stem).
  Fusion fusion(int64_t stage, int64_t fast_channels);
  // Throws when a motion.* tensor was asked for by no layer.
  void expect_all_read() const;
  // Running means and variances of the layers so far.
  const std::vector<Parameter*>& statistics() const { return statistics_; }

 private:
  enum class Kernel { kAnyOdd, kOne };

  ResidualBlock block(const std::string& prefix, int64_t in_channels, int64_t space_stride);
  ConvNorm conv_norm(const std::string& conv, const std::string& norm, int64_t in_channels, Kernel kernel);
  Parameter* read(const std::string& name, at::IntArrayRef shape = {});

  ParameterStore& parameters_;
  std::unordered_set<std::string> read_;
  std::vector<Parameter*> statistics_;
};

}  // namespace vqat::model
