#include "tensor/ops/policy_loss.h"

#include "base/error.h"
#include "kernels/policy_loss/policy_loss.h"
#include "tensor/dispatch.h"

namespace vqat::ops {
namespace {

constexpr int64_t kSums = 5;
static_assert(sizeof(kernels::PolicySums) == kSums * sizeof(double));

template <class T>
T* data_or_null(const at::Tensor& tensor) {
  return tensor.defined() ? data<T>(tensor) : nullptr;
}

}  // namespace

at::Tensor policy_sums(const at::Device& device) {
  return at::zeros({kSums}, at::dtype(at::kDouble).device(device));
}

PolicySums read_sums(const at::Tensor& sums) {
  const at::Tensor host = sums.cpu();
  const auto* all = static_cast<const kernels::PolicySums*>(host.data_ptr());
  return {
      .loss = all->loss, .kl = all->kl, .clipped = all->clipped, .ratio = all->ratio, .tokens = all->tokens};
}

at::Tensor policy_loss(const PolicyLoss& args, const at::Tensor& sums) {
  const at::Device device = args.log_probs.device();
  if (!device.is_cpu()) fail(Code::E_UNAVAILABLE, "policy_loss: no kernel for device ", device.str());
  at::Tensor coef = at::empty_like(args.log_probs);
  kernels::policy_loss({.logp = data<float>(args.log_probs),
                        .old_logp = data_or_null<float>(args.old_log_probs),
                        .ref_logp = data_or_null<float>(args.reference),
                        .weights = data<double>(args.weights),
                        .offsets = data<int64_t>(args.offsets),
                        .advantages = data<float>(args.advantages),
                        .sequences = args.advantages.size(0),
                        .surrogate = {.low = args.surrogate.low, .high = args.surrogate.high},
                        .beta = args.beta},
                       data<float>(coef), static_cast<kernels::PolicySums*>(sums.data_ptr()));
  return coef;
}

}  // namespace vqat::ops
