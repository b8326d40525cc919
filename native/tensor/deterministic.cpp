#include "tensor/deterministic.h"

#include <cstdlib>
#include <string>

#include "base/error.h"

namespace vqat {
namespace {

// cuBLAS's workspaces with which its products have the same bits in every run; libtorch knows these two.
constexpr const char* kVariable = "CUBLAS_WORKSPACE_CONFIG";
constexpr const char* kWorkspace = ":4096:8";
constexpr const char* kSmallWorkspace = ":16:8";

}  // namespace

void check_deterministic(const at::Device& device) {
  if (device.is_cpu()) return;
  const char* value = std::getenv(kVariable);
  const std::string found = value ? value : "";
  if (found != kWorkspace && found != kSmallWorkspace)
    fail(Code::E_UNAVAILABLE, kVariable, ": training on cuda needs ", kWorkspace, " or ", kSmallWorkspace,
         ", so that the same step gives the same bits, found '", found, "'; unset it and start again");
}

DeterministicScope::DeterministicScope(const at::Device& device) : changes_(!device.is_cpu()) {
  check_deterministic(device);
  if (!changes_) return;
  at::Context& context = at::globalContext();
  algorithms_ = context.deterministicAlgorithms();
  warn_only_ = context.deterministicAlgorithmsWarnOnly();
  fill_ = context.deterministicFillUninitializedMemory();
  context.setDeterministicAlgorithms(true, /*warn_only=*/false);
  // Else every new tensor would be filled with NaN first.
  context.setDeterministicFillUninitializedMemory(false);
}

DeterministicScope::~DeterministicScope() {
  if (!changes_) return;
  at::globalContext().setDeterministicAlgorithms(algorithms_, warn_only_);
  at::globalContext().setDeterministicFillUninitializedMemory(fill_);
}

void prefer_deterministic_products() { setenv(kVariable, kWorkspace, /*overwrite=*/0); }

}  // namespace vqat
