// Which implementation of a kernel runs: the fast one, or its plain twin when VQAT_IMPL=reference.
#pragma once

namespace vqat::kernels {

// True when VQAT_IMPL is "reference"; read once. Any other value but "" and "fast" ends in Error E_ARGUMENT.
bool use_reference();

}  // namespace vqat::kernels
