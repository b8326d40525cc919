#include "tensor/threads.h"

#include <omp.h>

#include "tensor/torch_compat.h"

namespace vqat {

struct InferenceScope::Guard {
  c10::InferenceMode mode;
};

int default_threads() { return at::get_num_threads(); }

void use_threads(int threads) { omp_set_num_threads(threads); }

InferenceScope::InferenceScope(int threads) : guard_(std::make_unique<Guard>()) {
  at::set_num_threads(threads);
  use_threads(threads);  // a setting per thread, and libtorch's may be of another OpenMP
}

InferenceScope::~InferenceScope() = default;

}  // namespace vqat
