// The last error of the device, as cudaGetLastError() gives it, with a text that says more than CUDA's.
#pragma once

#include <string>

#include "cuda_runtime_api.h"

namespace vqat::emulation {

// Keeps the first error until it is asked for, and prints its text. Returns `status`.
cudaError_t set_error(cudaError_t status, const std::string& text);

}  // namespace vqat::emulation
