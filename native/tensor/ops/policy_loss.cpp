#include "tensor/ops/policy_loss.h"

#include "kernels/policy_loss/policy_loss.h"
#include "tensor/host.h"
#include "tensor/ops/kernel.h"

namespace vqat::ops {
namespace {

constexpr int64_t kSums = sizeof(kernels::PolicySums) / sizeof(double);

const float* optional(const at::Tensor& tensor) { return tensor.defined() ? data<float>(tensor) : nullptr; }

}  // namespace

at::Tensor policy_sums_begin(const at::Device& device) {
  return at::zeros({kSums}, at::dtype(at::kDouble).device(device));
}

PolicySums policy_sums_of(const at::Tensor& sums) {
  const std::vector<double> s = host_values<double>(sums);
  return {.loss = s[0], .kl = s[1], .clipped = s[2], .ratio = s[3], .tokens = s[4]};
}

at::Tensor policy_loss(const PolicyTokens& tokens, const TokenClip& surrogate, double beta,
                       at::Tensor& sums) {
  at::Tensor coef = at::empty_like(tokens.log_probs);
  const auto cpu = [](const kernels::PolicyLoss& args, float* out, kernels::PolicySums* all) {
    kernels::policy_loss(args, out, *all);
  };
  run("policy_loss", coef.device(), cpu, &kernels::CudaKernels<float>::policy_loss,
      kernels::PolicyLoss{.logp = data<float>(tokens.log_probs),
                          .old_logp = optional(tokens.old_log_probs),
                          .ref_logp = optional(tokens.reference),
                          .weights = data<double>(tokens.weights),
                          .offsets = data<int64_t>(tokens.offsets),
                          .advantages = data<float>(tokens.advantages),
                          .sequences = tokens.advantages.size(0),
                          .surrogate = {.low = surrogate.low, .high = surrogate.high},
                          .beta = beta},
      data<float>(coef), data<kernels::PolicySums>(sums));
  return coef;
}

}  // namespace vqat::ops
