#include "tensor/ops/kernel.h"

namespace vqat::ops {

void no_kernel(const char* operation, const at::Device& device) {
  fail(Code::E_UNAVAILABLE, operation, ": no kernel for device ", device.str());
}

}  // namespace vqat::ops
