// Plain structs that cross the wall: the C++ twins of lib/native/binding.ts. No torch, no N-API.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/policy_objective.h"
#include "model/geometry.h"

namespace vqat::model {
class Clip;
}

namespace vqat::engine {

struct Model;    // a model and what borrows it
struct Trainer;  // a trainer and the model it borrows
using ClipRef = std::shared_ptr<model::Clip>;
using ModelRef = std::shared_ptr<Model>;
using TrainerRef = std::shared_ptr<Trainer>;

struct TensorMemory {
  int64_t bytes, peak_bytes;
};

// As tensor/device.h's.
struct CudaBuild {
  int torch, kernels;
  std::string library, refusal;
};

struct EngineInfo {
  std::string kernels, vectors;
  bool cuda = false;
  int threads = 1;
  int64_t live_clips = 0, live_models = 0, live_trainers = 0;
};

struct NiqeResult {
  std::vector<double> features;   // [blocks, 36]
  std::vector<double> sharpness;  // [blocks]
};

struct ClipSpec {
  int64_t frames, size;  // size in pixels a side
};

struct SourceSpec {
  std::string file;
  int64_t begin, end;
  std::string dtype;
};

struct RandomStart {
  uint64_t stream;
  double low, high;
};

struct Drawn {
  double low, high;
};

struct ParameterSpec {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<SourceSpec> sources;
  std::optional<RandomStart> start;
  std::optional<Drawn> drawn;
};

struct ModelSpec {
  model::ModelGeometry geometry;
  std::vector<ParameterSpec> parameters;
  std::string device, dtype;
};

// A low-rank adapter on rows of a linear layer's weight, named after it by the engine. Without magnitudes of
// their own, rows that have some begin with the norms that they have.
struct AdapterSpec {
  std::string weight;
  int64_t first_row;
  ParameterSpec a, b;
  double scale;
  bool has_magnitude;
  std::optional<ParameterSpec> magnitude;
};

// A tensor that nothing is computed from: its type by the file's name for it, and its bytes.
struct CopiedValues {
  std::string dtype;
  std::vector<uint8_t> bytes;
};

struct SavedTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::string parameter;
  int64_t row_begin, row_end;
  std::optional<CopiedValues> copied;  // instead of a parameter's rows
};

struct SaveSpec {
  std::string path, dtype;
  std::vector<SavedTensor> tensors;
};

struct PromptBatch {
  std::vector<int32_t> tokens, offsets;
  std::vector<ClipRef> clips;
};

struct GenerateRequest {
  PromptBatch prompts;
  std::vector<uint64_t> streams;
  std::vector<int32_t> samples;
  int64_t max_new_tokens;
  double temperature;
  int64_t top_k;
  double top_p;
  std::vector<int32_t> end_tokens, suppress;
};

struct GenerateResult {
  std::vector<int32_t> tokens, offsets;
  std::vector<float> log_probs;
  std::vector<uint8_t> stops;
};

struct GroupBatch {
  PromptBatch prompts;
  std::vector<int32_t> samples, tokens, offsets;
};

struct LogProbsRequest {
  GroupBatch groups;
  double temperature;
};

struct LogitsResult {
  std::vector<float> data;
  int64_t tokens, vocabulary;
};

struct GradientsRequest {
  PromptBatch prompts;
  std::vector<int32_t> targets;
};

struct GradientsResult {
  double loss;
  std::vector<std::pair<std::string, std::vector<float>>> gradients;
};

struct AdamWSpec {
  double beta1, beta2, epsilon, weight_decay;
  std::string decays;  // weights, all
  std::string states;  // float32, bfloat16, 8bit
  bool masters;
};

struct TrainerSpec {
  std::vector<std::string> trainable;
  AdamWSpec optimizer;
  bool reference;
  int64_t regression_outputs;
  uint64_t regression_stream;
  bool recompute;
  int64_t micro_tokens, micro_videos;
};

struct TrainerState {
  int64_t steps;
  std::string optimizer;
  int64_t ranks;
  std::vector<ParameterSpec> tensors;
};

struct PolicySpec {
  std::vector<float> advantages, old_log_probs;
  PolicyObjective objective;
};

struct LikelihoodSpec {};

struct RegressionSpec {
  std::vector<float> targets;
};

using LossSpec = std::variant<PolicySpec, LikelihoodSpec, RegressionSpec>;

struct TrainRequest {
  LossSpec loss;
  GroupBatch groups;
  std::vector<double> weights;
  double temperature, learning_rate, max_grad_norm;
  std::vector<double> learning_rates;
};

// As train/losses/loss.h's.
struct LossMetrics {
  double loss, kl, kl_term, entropy;
  double clip_fraction, clip_low, clip_high, clip_low_least, clip_high_most;
  double ratio, phi;
};

struct TrainResult {
  LossMetrics metrics;
  double grad_norm;
  int64_t completion_tokens;
  double seconds;
  std::vector<float> predictions;
};

struct LossRequest {
  LossSpec loss;
  std::vector<double> weights;
  std::vector<int32_t> offsets;
  std::vector<float> log_probs, entropies, reference;
  std::string device;
};

struct LossResult {
  LossMetrics metrics;
  std::vector<float> log_probs, entropies;
};

}  // namespace vqat::engine
