#include "engine/losses.h"

#include "engine/engine.h"
#include "engine/requests.h"
#include "engine/translate.h"
#include "tensor/device.h"
#include "tensor/host.h"

namespace vqat::engine {
namespace {

std::unique_ptr<train::Loss> loss_of(const PolicySpec& s) {
  return train::policy_loss(s.advantages, s.old_log_probs, s.objective);
}
std::unique_ptr<train::Loss> loss_of(const LikelihoodSpec&) { return train::likelihood_loss(); }
std::unique_ptr<train::Loss> loss_of(const RegressionSpec& s) { return train::regression_loss(s.targets); }

// Float32 values on the host; none of a tensor that is not there.
std::vector<float> values_of(const at::Tensor& tensor) {
  return tensor.defined() ? host_values<float>(tensor) : std::vector<float>();
}

}  // namespace

std::unique_ptr<train::Loss> loss_of(const LossSpec& spec) {
  return std::visit([](const auto& one) { return loss_of(one); }, spec);
}

LossMetrics metrics_of(const train::Metrics& m) {
  return {.loss = m.loss,
          .kl = m.kl,
          .kl_term = m.kl_term,
          .entropy = m.entropy,
          .clip_fraction = m.clip_fraction,
          .clip_low = m.clip_low,
          .clip_high = m.clip_high,
          .clip_low_least = m.clip_low_least,
          .clip_high_most = m.clip_high_most,
          .ratio = m.ratio,
          .phi = m.phi};
}

LossResult loss_slopes(const LossRequest& r, const CancelToken& cancel) {
  return translated([&] {
    const at::Device device(r.device);
    check_device(device);
    const auto loss = loss_of(r.loss);
    check(!loss->reads_predictions(), "loss.kind: expected a loss of log-probabilities, found 'regression'");
    const auto tokens = static_cast<int64_t>(r.log_probs.size());
    check_offsets("offsets", r.offsets, r.offsets.empty() ? 0 : r.offsets.size() - 1, r.log_probs.size());
    train::check_count("weights", r.weights.size(), tokens);
    train::check_count("entropies", r.entropies.size(), loss->wants_entropy() ? tokens : 0);
    train::check_count("reference", r.reference.size(), loss->wants_reference() ? tokens : 0);
    const train::MicroBatch micro{.groups = 1, .offsets = {r.offsets.begin(), r.offsets.end()}};
    loss->check_fits({.groups = 1, .sequences = micro.sequences(), .tokens = tokens}, 0);
    train::Outputs outputs{.micro = micro, .values = {}, .entropy = {}, .reference = {}, .weights = {}};
    Upload upload;
    upload.add(std::span(r.log_probs), &outputs.values);
    upload.add(std::span(r.weights), &outputs.weights);
    if (loss->wants_entropy()) upload.add(std::span(r.entropies), &outputs.entropy);
    if (loss->wants_reference()) upload.add(std::span(r.reference), &outputs.reference);
    loss->gather(micro, 0, upload);
    upload.send(device);
    if (loss->surveys()) loss->survey(outputs);
    const train::Slopes slopes = loss->slope(outputs);
    return LossResult{.metrics = metrics_of(loss->metrics()),
                      .log_probs = values_of(slopes.values),
                      .entropies = values_of(slopes.entropy)};
  });
}

}  // namespace vqat::engine
