// The kernels launched since the host last waited for the device: an error inside a kernel surfaces at a
// wait, so it is of one of these. One log in the CUDA library, for one thread at a time. No torch.
#pragma once

namespace vqat::kernels {

struct LaunchLog {
  static constexpr int kKept = 64;  // more than there are kernels

  const char* names[kKept] = {};  // string literals, each once, in the order of their first launches
  int count = 0;

  void add(const char* kernel) {
    for (int i = 0; i < count; ++i)
      if (names[i] == kernel) return;
    if (count < kKept) names[count++] = kernel;
  }
};

inline LaunchLog launch_log;

}  // namespace vqat::kernels
