// What a job at a loaded model was going to hold, in words for E_OUT_OF_MEMORY.
#pragma once

#include <string>
#include <vector>

#include "engine/handles.h"

namespace vqat::engine {

int64_t weight_bytes(const Model& model);
// "1.25 GB"
std::string in_gigabytes(double bytes);

// The weights, and what the job adds to them.
std::string planned_at(const Model& model, const std::string& more = "");
// `what` of so many tokens: "activations of".
std::string planned_rows(const Model& model, const char* what, size_t rows);
std::string planned_clips(const Model& model, const std::vector<ClipRef>& clips);

}  // namespace vqat::engine
