// What the C library holds of freed memory goes back to the system.
#pragma once

#include <cstdlib>  // defines __GLIBC__ where it is

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace vqat {

// After work whose tensors come in many sizes: else freed pieces between live ones stay resident and add to
// the peak of the work after it. Costs milliseconds; does nothing where the C library has no such call.
inline void return_freed_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace vqat
