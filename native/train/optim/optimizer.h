// What an optimiser is to the trainer: it changes runs of the arena's masters by their gradients, and names
// what it has to remember.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "train/arena.h"

namespace vqat::train {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // Stored beside the state; a state goes back only into an optimiser of the same name.
  virtual std::string name() const = 0;
  // Changes masters [begin, end), both multiples of Arena::kBlock; every run once a step. `step` counts
  // from 1.
  virtual void update(int64_t begin, int64_t end, double learning_rate, int64_t step) = 0;
  // Views of all that it remembers, of any dtype, each under one name.
  virtual NamedTensors state() const = 0;
};

struct MakeOptimizer {
  // An optimiser over an arena, which outlives it.
  std::function<std::unique_ptr<Optimizer>(const Arena&)> make;
  // Bytes that it remembers of a parameter.
  std::function<double(const Parameter&)> bytes;
};

}  // namespace vqat::train
