// Which of the clones that VQAT_CLONES (base/clones.h) asks for this processor runs.
#pragma once

namespace vqat::kernels {

// "AVX-512", "AVX2", or "baseline" for what every processor of its kind has.
const char* vectors();

}  // namespace vqat::kernels
