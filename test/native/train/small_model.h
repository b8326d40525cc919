// A language model of one layer with random weights, for tests of the trainer; its vision tower has no layer.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "model/model.h"
#include "train/groups.h"

namespace vqat::train {

inline std::shared_ptr<model::Model> small_model() {
  const model::ModelGeometry geometry{.vision = {.hidden = 4,
                                                 .layers = 0,
                                                 .heads = 1,
                                                 .intermediate = 4,
                                                 .patch = 2,
                                                 .image_size = 4,
                                                 .norm_eps = 1e-6},
                                      .language = {.hidden = 16,
                                                   .layers = 1,
                                                   .heads = 2,
                                                   .kv_heads = 1,
                                                   .head_width = 8,
                                                   .intermediate = 12,
                                                   .vocabulary = 20,
                                                   .norm_eps = 1e-6,
                                                   .rope_theta = 1e4,
                                                   .max_positions = 64},
                                      .image_token = 19};
  at::manual_seed(11);
  auto store = std::make_unique<ParameterStore>();
  const auto add = [&](const char* name, at::IntArrayRef shape, double mean = 0) {
    store->add(name, at::randn(shape) * 0.3 + mean);
  };
  add("vision.class_embedding", {1, 1, 4});
  add("vision.position_embedding", {1, 5, 4});
  add("vision.patch.weight", {4, 12});
  add("vision.patch.bias", {4});
  add("projector.norm.weight", {16}, 1);
  add("projector.norm.bias", {16});
  add("projector.fc1.weight", {16, 16});
  add("projector.fc1.bias", {16});
  add("projector.fc2.weight", {16, 16});
  add("projector.fc2.bias", {16});
  add("language.embed.weight", {20, 16});
  add("language.layers.0.norm1.weight", {16}, 1);
  add("language.layers.0.attn.qkv.weight", {32, 16});
  add("language.layers.0.attn.qkv.bias", {32});
  add("language.layers.0.attn.out.weight", {16, 16});
  add("language.layers.0.norm2.weight", {16}, 1);
  add("language.layers.0.mlp.gate_up.weight", {24, 16});
  add("language.layers.0.mlp.down.weight", {16, 12});
  add("language.norm.weight", {16}, 1);
  return std::make_shared<model::Model>(geometry, std::move(store));
}

// Two prompts without frames, three completions of 3, 2 and 4 tokens.
inline GroupBatch small_batch() {
  return {.groups = {{.prompt = {1, 2, 3}, .completions = {{4, 5, 6}, {7, 8}}},
                     {.prompt = {9, 10}, .completions = {{11, 12, 13, 14}}}},
          .clips = {nullptr, nullptr}};
}

}  // namespace vqat::train
