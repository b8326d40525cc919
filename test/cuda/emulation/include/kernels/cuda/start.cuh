// Stands in for native/kernels/cuda/start.cuh, before which it lies in the include path: the same launch, on
// the emulation.
#pragma once

#include <cuda_runtime.h>

#include "kernels/cuda/same_type.h"

namespace vqat::kernels {

template <class... P>
void start(const char* name, void (*kernel)(P...), dim3 grid, dim3 block, void* stream,
           const typename SameType<P>::Type&... args) {
  const auto thread = [&] { kernel(args...); };
  using Thread = decltype(thread);
  emulation::Launch launch{name,    grid,  block, [](const void* of) { (*static_cast<Thread*>(of))(); },
                           &thread, stream};
  (emulation::check_argument(name, args), ...);
  emulation::launch(launch);
}

}  // namespace vqat::kernels
