// Random motion networks for tests, and their plain twin: at::conv3d, at::batch_norm and at::avg_pool3d, with
// autograd.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tensor/parameter.h"

namespace vqat::model::testing {

struct MotionShape {
  int64_t slow_stem = 8, fast_stem = 4, lateral = 2;  // lateral: fused channels per fast channel
  std::vector<int64_t> blocks = {2, 1};               // of each stage
  int64_t slow_inner = 4, fast_inner = 2;             // of the first stage; doubles with each one
};

using Tensors = std::map<std::string, at::Tensor>;

// Random tensors named motion.*, with norms far from the identity.
Tensors random_motion(const MotionShape& shape, int64_t seed);

// Copies into a store; with `trainable`, convolution and norm weights get zero gradients.
void fill(ParameterStore& store, const Tensors& tensors, bool trainable, at::ScalarType dtype = at::kFloat);

bool is_statistic(const std::string& name);

// Called by the plain twin with activations [B,C,T,H,W] on their way.
struct Observer {
  std::function<void(const std::string& norm, const at::Tensor& response)> before_norm;
  std::function<void(const at::Tensor& response)> before_relu;
};

// [B, width] by the network's definition: repeat, pool, pool, mean.
at::Tensor plain_motion(const Tensors& tensors, const at::Tensor& pixels, const Observer& observe = {});

// Activation [B,C,T,H,W] -> [B,C]: repeat_interleave over time, one average pool of stride 1, mean.
at::Tensor plain_pool(const at::Tensor& activation, int64_t repeats, int64_t time_window);

double relative_error(const at::Tensor& value, const at::Tensor& expected);

}  // namespace vqat::model::testing
