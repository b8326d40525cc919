#include "tensor/ops/policy_loss.h"

#include <cstring>

#include "tensor/host.h"
#include "tensor/ops/kernel.h"

namespace vqat::ops {
namespace {

constexpr int64_t kSums = sizeof(PolicySums) / sizeof(double);

}  // namespace

at::Tensor policy_sums(const at::Device& device) {
  return at::zeros({kSums}, at::dtype(at::kDouble).device(device));
}

PolicySums read_sums(const at::Tensor& sums) {
  const std::vector<double> all = host_values<double>(sums);
  PolicySums out;
  std::memcpy(&out, all.data(), sizeof out);
  return out;
}

PolicySlopes policy_loss(const PolicyLoss& args, const at::Tensor& sums) {
  PolicySlopes slopes{.log_probs = at::empty_like(args.log_probs), .entropy = {}};
  if (args.objective.entropy_weight > 0) slopes.entropy = at::empty_like(args.log_probs);
  run("policy_loss", args.log_probs.device(), kernels::policy_loss, &kernels::CudaKernels<float>::policy_loss,
      kernels::PolicyLoss{.logp = data<float>(args.log_probs),
                          .old_logp = data_or_null<float>(args.old_log_probs),
                          .ref_logp = data_or_null<float>(args.reference),
                          .entropy = data_or_null<float>(args.entropy),
                          .weights = data<double>(args.weights),
                          .offsets = data<int64_t>(args.offsets),
                          .advantages = data<float>(args.advantages),
                          .sequences = args.advantages.size(0),
                          .objective = args.objective,
                          .entropy_floor = args.entropy_floor},
      kernels::PolicySlopes{.logp = data<float>(slopes.log_probs),
                            .entropy = data_or_null<float>(slopes.entropy)},
      data<PolicySums>(sums));
  return slopes;
}

}  // namespace vqat::ops
