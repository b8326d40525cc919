// From the wall's plain structs to the floors below. Inside the engine only.
#pragma once

#include <span>

#include "engine/types.h"
#include "generate/generate.h"
#include "train/trainer.h"

namespace vqat::engine {

// E_ARGUMENT unless these are RGB bytes [height, width, 3] of at least one pixel.
void check_rgb(std::span<const uint8_t> rgb, int64_t width, int64_t height);

// E_ARGUMENT unless the offsets are of so many parts that share `total` out.
void check_offsets(const char* name, const std::vector<int32_t>& offsets, size_t parts, size_t total);

at::ScalarType dtype_of(const std::string& name);  // "float32", "bfloat16"
StoredTensor stored(const ParameterSpec& spec);

std::vector<generate::Prompt> prompts_of(const GenerateRequest& request);
generate::Settings settings_of(const GenerateRequest& request);

// Checks offsets and token ids against the model's vocabulary; E_ARGUMENT otherwise.
train::GroupBatch groups_of(const GroupBatch& batch, const model::Model& model);
// The one prompt of a call that looks at a prompt alone.
train::GroupBatch prompt_group(const PromptBatch& prompts, const model::Model& model);
train::TrainerSettings settings_of(const TrainerSpec& spec);
train::StepRequest step_of(const TrainRequest& request, const model::Model& model);

}  // namespace vqat::engine
