// Chosen as the clones are, by the compiler's own dispatch, so that it cannot say otherwise than they do.
#include "kernels/vectors.h"

namespace vqat::kernels {

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((target("default"))) const char* chosen() { return "baseline"; }
__attribute__((target("arch=x86-64-v3"))) const char* chosen() { return "AVX2"; }
__attribute__((target("arch=x86-64-v4"))) const char* chosen() { return "AVX-512"; }
#else
static const char* chosen() { return "baseline"; }
#endif

const char* vectors() { return chosen(); }

}  // namespace vqat::kernels
