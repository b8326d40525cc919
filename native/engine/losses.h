// Losses and what they measured, between the wall's plain structs and the floor below. Inside the engine
// only.
#pragma once

#include <memory>

#include "engine/types.h"
#include "train/losses/loss.h"

namespace vqat::engine {

std::unique_ptr<train::Loss> loss_of(const LossSpec& spec);
LossMetrics metrics_of(const train::Metrics& metrics);

}  // namespace vqat::engine
