// A small random model for tests: a vision tower, a projector and a tied decoder, without motion parts.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/model.h"

namespace vqat::model::testing {

// Frames of 16 pixels: a grid of four by four patches, of which the trained table knows two by two.
inline constexpr ModelGeometry kGeometry{.vision = {.hidden = 12,
                                                    .layers = 3,
                                                    .heads = 2,
                                                    .intermediate = 20,
                                                    .patch = 4,
                                                    .image_size = 8,
                                                    .norm_eps = 1e-6},
                                         .language = {.hidden = 16,
                                                      .layers = 2,
                                                      .heads = 2,
                                                      .kv_heads = 1,
                                                      .head_width = 8,
                                                      .intermediate = 24,
                                                      .vocabulary = 32,
                                                      .norm_eps = 1e-6,
                                                      .rope_theta = 1e4,
                                                      .max_positions = 128},
                                         .image_token = 31};

// The same weights for the same seed, with norms and layer scales away from one.
inline std::shared_ptr<Model> random_model(int64_t seed) {
  at::manual_seed(seed);
  auto store = std::make_unique<ParameterStore>();
  const auto vector = [&](const std::string& name, int64_t width, double mean) {
    store->add(name, mean + 0.2 * at::randn({width}));
  };
  const auto matrix = [&](const std::string& name, int64_t out, int64_t in) {
    store->add(name + ".weight", at::randn({out, in}) / std::sqrt(static_cast<double>(in)));
  };
  const auto linear = [&](const std::string& name, int64_t out, int64_t in) {
    matrix(name, out, in);
    vector(name + ".bias", out, 0);
  };
  const auto layer_norm = [&](const std::string& name, int64_t width) {
    vector(name + ".weight", width, 1);
    vector(name + ".bias", width, 0);
  };
  const auto& [v, l, image_token] = kGeometry;
  vector("vision.class_embedding", v.hidden, 0);
  store->add("vision.position_embedding", at::randn({1 + v.trained_grid() * v.trained_grid(), v.hidden}));
  linear("vision.patch", v.hidden, 3 * v.patch * v.patch);
  for (int64_t i = 0; i < v.layers; ++i) {
    const std::string at = "vision.layers." + std::to_string(i);
    layer_norm(at + ".norm1", v.hidden);
    linear(at + ".attn.qkv", 3 * v.hidden, v.hidden);
    linear(at + ".attn.out", v.hidden, v.hidden);
    vector(at + ".ls1", v.hidden, 1);
    layer_norm(at + ".norm2", v.hidden);
    linear(at + ".mlp.fc1", v.intermediate, v.hidden);
    linear(at + ".mlp.fc2", v.hidden, v.intermediate);
    vector(at + ".ls2", v.hidden, 1);
  }
  layer_norm("projector.norm", 4 * v.hidden);
  linear("projector.fc1", l.hidden, 4 * v.hidden);
  linear("projector.fc2", l.hidden, l.hidden);
  matrix("language.embed", l.vocabulary, l.hidden);
  for (int64_t i = 0; i < l.layers; ++i) {
    const std::string at = "language.layers." + std::to_string(i);
    vector(at + ".norm1.weight", l.hidden, 1);
    linear(at + ".attn.qkv", (l.heads + 2 * l.kv_heads) * l.head_width, l.hidden);
    matrix(at + ".attn.out", l.hidden, l.heads * l.head_width);
    vector(at + ".norm2.weight", l.hidden, 1);
    matrix(at + ".mlp.gate_up", 2 * l.intermediate, l.hidden);
    matrix(at + ".mlp.down", l.hidden, l.intermediate);
  }
  vector("language.norm.weight", l.hidden, 1);
  return std::make_shared<Model>(kGeometry, std::move(store));
}

// Two frames of normal pixels.
inline std::shared_ptr<Clip> random_clip() {
  auto clip = std::make_shared<Clip>(2, 16);
  clip->write_pixels(at::randn({2, 3, 16, 16}).data_ptr<float>());
  return clip;
}

}  // namespace vqat::model::testing
