#include "tensor/ops/policy_loss.h"

#include "tensor/host.h"
#include "tensor/ops/kernel.h"

namespace vqat::ops {
namespace {

constexpr int64_t kSums = 6;
static_assert(sizeof(kernels::PolicySums) == kSums * sizeof(double));

const float* data_or_null(const at::Tensor& tensor) {
  return tensor.defined() ? data<float>(tensor) : nullptr;
}

}  // namespace

at::Tensor policy_sums(const at::Device& device) {
  return at::zeros({kSums}, at::dtype(at::kDouble).device(device));
}

PolicySums read_sums(const at::Tensor& sums) {
  const std::vector<double> all = host_values<double>(sums);
  return {
      .loss = all[0], .kl = all[1], .plain_kl = all[2], .clipped = all[3], .ratio = all[4], .tokens = all[5]};
}

at::Tensor policy_loss(const PolicyLoss& args, const at::Tensor& sums) {
  at::Tensor coef = at::empty_like(args.log_probs);
  run("policy_loss", coef.device(), kernels::policy_loss, &kernels::CudaKernels<float>::policy_loss,
      kernels::PolicyLoss{.logp = data<float>(args.log_probs),
                          .old_logp = data_or_null(args.old_log_probs),
                          .ref_logp = data_or_null(args.reference),
                          .weights = data<double>(args.weights),
                          .offsets = data<int64_t>(args.offsets),
                          .advantages = data<float>(args.advantages),
                          .sequences = args.advantages.size(0),
                          .surrogate = {.low = args.surrogate.low, .high = args.surrogate.high},
                          .beta = args.beta},
      data<float>(coef), data<kernels::PolicySums>(sums));
  return coef;
}

}  // namespace vqat::ops
