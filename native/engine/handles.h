// What a handle of the wall owns. Inside the engine only.
#pragma once

#include <atomic>
#include <memory>

#include "base/error.h"
#include "engine/types.h"
#include "model/model.h"
#include "train/trainer.h"

namespace vqat::engine {

struct Counters {
  std::atomic<int64_t> clips{0}, models{0}, trainers{0};
};
Counters& counters();

struct Model {
  std::shared_ptr<model::Model> net;
  std::atomic<int> trainers{0};

  Model() { ++counters().models; }
  ~Model() { --counters().models; }
};

// E_BUSY while a trainer lives.
inline void check_free(const Model& model) {
  if (model.trainers > 0) fail(Code::E_BUSY, "a trainer holds this model already; dispose of it first");
}

struct Trainer {
  ModelRef model;
  std::unique_ptr<train::Trainer> impl;

  explicit Trainer(ModelRef of) : model(std::move(of)) {
    ++counters().trainers;
    ++model->trainers;
  }
  ~Trainer() { --counters().trainers; }
};

}  // namespace vqat::engine
