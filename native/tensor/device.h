// The only door to the CUDA library: opens it beside this one when a CUDA device is first asked for.
#pragma once

#include <string>

#include "tensor/torch_compat.h"

namespace vqat::kernels {
struct CudaTable;
}

namespace vqat {

// E_UNAVAILABLE, with the reason, unless tensors can live and kernels run on this device: the CPU, or the
// first CUDA device (CUDA_VISIBLE_DEVICES chooses which one that is).
void check_device(const at::Device& device);

// E_UNAVAILABLE when the library is not there or of another version.
const kernels::CudaTable& cuda_table();

// Gives back to the driver what the CUDA allocator keeps of freed memory; does nothing without CUDA.
void return_device_memory();

// The kernels launched since the host last waited for the device, each once, in order: "rms_norm, rope"; ""
// when none was.
std::string kernels_in_flight();
// The host has waited.
void kernels_done();

// What libtorch and the CUDA library in this process are built for. Versions are like 13000 for CUDA 13.0.
struct CudaBuild {
  int torch = 0;    // 0: a CPU build
  int kernels = 0;  // 0: not known
  std::string library;
  std::string refusal;  // why the library is not used; "" when it is
};
CudaBuild cuda_build();

// Which twins of the CPU's kernels run: "fast", or "reference" by VQAT_IMPL.
const char* kernel_twins();

// What the fast ones are compiled for on this processor, as kernels/vectors.h.
const char* kernel_vectors();

}  // namespace vqat
