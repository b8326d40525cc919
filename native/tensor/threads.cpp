#include "tensor/threads.h"

#include <omp.h>

#include "tensor/torch_compat.h"

namespace vqat {

struct InferenceScope::Guard {
  c10::InferenceMode mode;
};

int default_threads() { return at::get_num_threads(); }

InferenceScope::InferenceScope(int threads) : guard_(std::make_unique<Guard>()) {
  at::set_num_threads(threads);
  // Our own kernels run on OpenMP too; the setting is per thread.
  omp_set_num_threads(threads);
}

InferenceScope::~InferenceScope() = default;

}  // namespace vqat
