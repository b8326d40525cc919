// The façade: one function per call of the wall, over plain structs. Functions with a CancelToken run on a
// job queue's thread (job_queue.h); the others are short and may run on any thread. Failures are vqat::Error.
#pragma once

#include <span>

#include "base/cancel.h"
#include "engine/types.h"

namespace vqat::engine {

EngineInfo info();
TensorMemory tensor_memory();
CudaBuild cuda_build();

std::vector<uint8_t> resize_frame(std::span<const uint8_t> rgb, int64_t width, int64_t height,
                                  int64_t out_width, int64_t out_height);

// The features of NIQE of each block of a picture: native/measures/niqe.h.
NiqeResult niqe_features(std::span<const uint8_t> rgb, int64_t width, int64_t height,
                         const CancelToken& cancel);

// Memory that an object keeps alive outside JavaScript's heap. Clips that share their frames have one place.
struct Storage {
  const void* place;
  int64_t bytes;
};
Storage storage_of(const ClipRef& clip);
Storage storage_of(const ModelRef& model);
Storage storage_of(const TrainerRef& trainer);

ClipRef open_clip(const ClipSpec& spec);
void write_frame(const ClipRef& clip, int64_t index, std::span<const uint8_t> rgb, int64_t width,
                 int64_t height, const CancelToken& cancel);
void write_pixels(const ClipRef& clip, std::span<const float> pixels);
ClipRef perturb_clip(const ClipRef& clip, const std::vector<int32_t>& indices);
std::vector<uint8_t> read_clip(const ClipRef& clip);

ModelRef open_model(const ModelSpec& spec, const CancelToken& cancel);
void save_model(const ModelRef& model, const SaveSpec& spec, const CancelToken& cancel);
// Both refuse while a trainer lives, E_BUSY. Of a model without adapters: where one cannot be added there is
// none. E_FORMAT for numbers that are not finite.
void add_adapters(const ModelRef& model, const std::vector<AdapterSpec>& added, const CancelToken& cancel);
void merge_adapters(const ModelRef& model, const CancelToken& cancel);
GenerateResult generate(const ModelRef& model, const GenerateRequest& request, const CancelToken& cancel);
std::vector<float> log_probs(const ModelRef& model, const LogProbsRequest& request,
                             const CancelToken& cancel);
LogitsResult logits(const ModelRef& model, const PromptBatch& prompts, const CancelToken& cancel);
GradientsResult gradients(const ModelRef& model, const GradientsRequest& request, const CancelToken& cancel);
std::vector<float> motion_feature(const ModelRef& model, const std::vector<ClipRef>& clips,
                                  const CancelToken& cancel);
void calibrate_motion(const ModelRef& model, const std::vector<ClipRef>& clips, const CancelToken& cancel);

TrainerRef open_trainer(const ModelRef& model, const TrainerSpec& spec, const CancelToken& cancel);
TrainResult train_step(const TrainerRef& trainer, const TrainRequest& request, const CancelToken& cancel);
// What a loss makes of given log-probabilities of one micro-batch, and its slopes.
LossResult loss_slopes(const LossRequest& request, const CancelToken& cancel);
void save_trainer(const TrainerRef& trainer, const std::string& path, const CancelToken& cancel);
void load_trainer(const TrainerRef& trainer, const TrainerState& state, const CancelToken& cancel);

// Frees on the engine's thread, behind whatever still runs. A model whose trainers live refuses: E_BUSY.
void close(ModelRef model);
void close(TrainerRef trainer);

}  // namespace vqat::engine
