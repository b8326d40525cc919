#include "rules.h"

#include <ATen/Context.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "counts.h"
#include "cuda_runtime_api.h"

namespace vqat::stand_in {
namespace {

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Operators over elements (TensorIterator with CPU scalars) and those that move a value over: they take a
// tensor without dimensions from the host. Every other operator compares the devices of its arguments.
constexpr std::array<std::string_view, 35> kTakeScalars{
    "add",         "sub",         "rsub",        "mul",         "div",
    "pow",         "remainder",   "fmod",        "maximum",     "minimum",
    "atan2",       "copysign",    "lerp",        "where",       "clamp",
    "clamp_min",   "clamp_max",   "eq",          "ne",          "lt",
    "le",          "gt",          "ge",          "logical_and", "logical_or",
    "logical_xor", "bitwise_and", "bitwise_or",  "logaddexp",   "addcmul",
    "addcdiv",     "fill",        "masked_fill", "index_fill",  "bitwise_right_shift"};

// The library's CUDA sources call alertNotDeterministic in these (seen in the strings of 2.14's libtorch_cuda
// for the one that this project uses; the others as listed in torch.use_deterministic_algorithms).
constexpr std::array<std::string_view, 14> kNotDeterministic{"upsample_bicubic2d_backward",
                                                             "upsample_bilinear2d_backward",
                                                             "upsample_linear1d_backward",
                                                             "upsample_trilinear3d_backward",
                                                             "avg_pool3d_backward",
                                                             "_adaptive_avg_pool2d_backward",
                                                             "_adaptive_avg_pool3d_backward",
                                                             "max_pool3d_with_indices_backward",
                                                             "adaptive_max_pool2d_backward",
                                                             "adaptive_max_pool3d_backward",
                                                             "grid_sampler_2d_backward",
                                                             "grid_sampler_3d_backward",
                                                             "put",
                                                             "kthvalue"};

constexpr std::array<std::string_view, 6> kWait{"nonzero",    "masked_select", "equal",
                                                "unique_dim", "_unique2",      "unique_consecutive"};

}  // namespace

std::string base_name(const std::string& schema_name) {
  std::string base = schema_name.substr(schema_name.rfind(':') + 1);
  // The form that changes its argument obeys the same rules.
  if (base.ends_with('_')) base.pop_back();
  return base;
}

void check_operator(const std::string& base) {
  const bool for_cpu = base.find("_for_cpu") != std::string::npos || base.find("mkldnn") != std::string::npos;
  TORCH_CHECK_NOT_IMPLEMENTED(!for_cpu, "Could not run 'aten::", base,
                              "' with arguments from the 'CUDA' backend");
  if (is_one_of(kNotDeterministic, base)) at::globalContext().alertNotDeterministic(base + "_cuda");
}

void check_argument(const std::string& base, const at::Tensor& t, bool in_list) {
  if (!t.defined() || t.is_cuda()) return;
  if (t.dim() == 0 && !in_list && is_one_of(kTakeScalars, base)) return;
  count_wrong("host memory given to " + base);
  TORCH_CHECK(false, "Expected all tensors to be on the same device, but ", base, " was given a tensor of ",
              t.sizes(), " on ", t.device());
}

void check_unbroken(bool wait) {
  const cudaError_t status = wait ? cudaDeviceSynchronize() : cudaPeekAtLastError();
  if (status == cudaSuccess) return;
  throw c10::AcceleratorError({__func__, __FILE__, __LINE__}, status,
                              std::string("CUDA error: ") + cudaGetErrorString(status) +
                                  "\nKernels run on while the host goes on: this may be of an earlier call.");
}

bool waits(const std::string& base) { return is_one_of(kWait, base); }

}  // namespace vqat::stand_in
