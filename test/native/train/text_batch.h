// What the trainer's tests train on.
#pragma once

#include <gtest/gtest.h>

#include "../model/random_model.h"
#include "train/groups.h"

namespace vqat::train {

inline std::shared_ptr<model::Model> text_model() { return model::testing::random_model(5); }

// Two prompts without frames, three completions of 3, 2 and 4 tokens.
inline GroupBatch text_batch() {
  return {.groups = {{.prompt = {1, 2, 3}, .completions = {{4, 5, 6}, {7, 8}}},
                     {.prompt = {9, 10}, .completions = {{11, 12, 13, 14}}}},
          .clips = {nullptr, nullptr}};
}

}  // namespace vqat::train
