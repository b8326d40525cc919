// A kernel that goes wrong and is found out as late as on a card: its launch and those after it are taken,
// the next wait fails, and so does every call from then on, until the device is mended as no card can be.
// Kernels and operators still run on its memory: what must not change is put to a harder test than a card's.
#pragma once

#include <cstdint>
#include <string>

#include "cuda_runtime_api.h"
#include "emulation/kernel_side.h"

namespace vqat::emulation {

// In the n-th launch of this kernel from now on, counted from 1.
VQAT_EMULATION_API void break_in(const std::string& kernel, uint64_t launch);
VQAT_EMULATION_API void mend();

// Whether a kernel went wrong. From here on the host knows.
VQAT_EMULATION_API bool found_broken();
// Whether the host knows.
VQAT_EMULATION_API bool known_broken();

// What every call gives once the host knows.
constexpr cudaError_t kBroken = cudaErrorIllegalAddress;

void launched(const char* kernel);

}  // namespace vqat::emulation
