// The kernels launched since the host last waited for the device: an error inside a kernel surfaces at a
// wait, so these are the ones that it may be of. One log in the CUDA library, for one thread at a time. No
// torch.
#pragma once

#include <cstdint>

namespace vqat::kernels {

struct LaunchLog {
  static constexpr int64_t kKept = 64;

  const char* names[kKept] = {};  // launch i at i % kKept; string literals
  int64_t count = 0;

  void add(const char* kernel) { names[count++ % kKept] = kernel; }
};

inline LaunchLog launch_log;

}  // namespace vqat::kernels
