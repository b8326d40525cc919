#include "engine/engine.h"

#include <limits>

#include "engine/handles.h"
#include "engine/job_queue.h"
#include "engine/losses.h"
#include "engine/planned.h"
#include "engine/requests.h"
#include "engine/translate.h"
#include "generate/generate.h"
#include "tensor/allocations.h"
#include "tensor/device.h"
#include "tensor/host.h"
#include "tensor/ops/pixels.h"
#include "tensor/threads.h"
#include "train/prompt_probe.h"

namespace vqat::engine {
namespace {

// Most rows of a micro-batch in calls that only look.
constexpr int64_t kLookRows = 16384;
constexpr int64_t kChannels = 3;

// Counts live clips through the lifetime of their handles' owner, and knows how many bytes its frames have:
// one number for all clips that share them.
struct Counted {
  std::shared_ptr<model::Clip> clip;
  std::shared_ptr<int64_t> bytes;

  void operator()(model::Clip*) {
    clip.reset();
    --counters().clips;
  }
};

ClipRef counted(std::shared_ptr<model::Clip> clip, std::shared_ptr<int64_t> bytes) {
  ++counters().clips;
  model::Clip* raw = clip.get();
  return {raw, Counted{std::move(clip), std::move(bytes)}};
}

std::shared_ptr<int64_t> bytes_of(const ClipRef& clip) { return std::get_deleter<Counted>(clip)->bytes; }

std::vector<float> floats(const at::Tensor& tensor) { return host_values<float>(tensor.to(at::kFloat)); }

}  // namespace

Counters& counters() {
  static Counters all;
  return all;
}

EngineInfo info() {
  return translated([] {
    return EngineInfo{.kernels = kernel_twins(),
                      .vectors = kernel_vectors(),
                      .cuda = at::hasCUDA(),
                      .threads = threads(),
                      .live_clips = counters().clips,
                      .live_models = counters().models,
                      .live_trainers = counters().trainers};
  });
}

CudaBuild cuda_build() {
  return translated([] {
    const vqat::CudaBuild found = vqat::cuda_build();
    return CudaBuild{found.torch, found.kernels, found.library, found.refusal};
  });
}

TensorMemory tensor_memory() {
  return translated([] {
    const vqat::TensorMemory found = vqat::tensor_memory();
    return TensorMemory{.bytes = found.bytes, .peak_bytes = found.peak};
  });
}

std::vector<uint8_t> resize_frame(std::span<const uint8_t> rgb, int64_t width, int64_t height,
                                  int64_t out_width, int64_t out_height) {
  return translated([&] {
    check_rgb(rgb, width, height);
    check(out_width >= 1 && out_height >= 1, "resize to ", out_width, " x ", out_height);
    use_threads(threads());
    const at::Tensor out = at::empty({out_height, out_width, kChannels}, at::kByte);
    ops::resize(borrow(rgb.data(), {height, width, kChannels}), out);
    return host_values<uint8_t>(out);
  });
}

Storage storage_of(const ClipRef& clip) {
  const auto bytes = bytes_of(clip);
  return {bytes.get(), *bytes};
}

Storage storage_of(const ModelRef& model) {
  return {model.get(), model->net->device().is_cpu() ? weight_bytes(*model) : 0};
}

// Its model's weights are told already; what it adds is freed with it, and nobody opens many.
Storage storage_of(const TrainerRef& trainer) { return {trainer.get(), 0}; }

ClipRef open_clip(const ClipSpec& spec) {
  return translated([&] {
    auto clip = std::make_shared<model::Clip>(spec.frames, spec.size);
    return counted(std::move(clip),
                   std::make_shared<int64_t>(spec.frames * spec.size * spec.size * kChannels));
  });
}

void write_frame(const ClipRef& clip, int64_t index, std::span<const uint8_t> rgb, int64_t width,
                 int64_t height, const CancelToken& cancel) {
  translated([&] {
    check_rgb(rgb, width, height);
    clip->write_frame(index, rgb.data(), width, height);
  });
}

void write_pixels(const ClipRef& clip, std::span<const float> pixels) {
  translated([&] {
    const int64_t expected = clip->frames() * kChannels * clip->size() * clip->size();
    check(pixels.size() == static_cast<size_t>(expected), "pixels: expected ", expected, " values, found ",
          pixels.size());
    clip->write_pixels(pixels.data());
    *bytes_of(clip) = static_cast<int64_t>(pixels.size_bytes());
  });
}

ClipRef perturb_clip(const ClipRef& clip, const std::vector<int32_t>& indices) {
  return translated([&] { return counted(clip->perturb(indices), bytes_of(clip)); });
}

std::vector<uint8_t> read_clip(const ClipRef& clip) {
  return translated([&] { return clip->read(); });
}

ModelRef open_model(const ModelSpec& spec, const CancelToken& cancel) {
  const auto planned = [&] {
    double values = 0;
    for (const ParameterSpec& parameter : spec.parameters) {
      double all = 1;
      for (const int64_t size : parameter.shape) all *= static_cast<double>(size);
      values += all;
    }
    return "weights of " + in_gigabytes(values * (spec.dtype == "float32" ? 4 : 2));
  };
  const auto open = [&] {
    const at::Device device(spec.device);
    check_device(device);
    const at::ScalarType dtype = dtype_of(spec.dtype);
    auto store = std::make_unique<ParameterStore>();
    WeightReader reader;
    for (const ParameterSpec& parameter : spec.parameters)
      store->add(parameter.name, reader.read(stored(parameter), dtype, device, cancel));
    auto model = std::make_shared<Model>();
    model->net = std::make_shared<model::Model>(spec.geometry, std::move(store));
    return model;
  };
  return translated(open, planned);
}

void save_model(const ModelRef& model, const SaveSpec& spec, const CancelToken& cancel) {
  const auto save = [&] {
    const at::ScalarType dtype = dtype_of(spec.dtype);
    std::vector<WrittenTensor> tensors;
    for (const SavedTensor& saved : spec.tensors) {
      if (saved.copied) {
        tensors.push_back({.name = saved.name,
                           .shape = saved.shape,
                           .copied_type = saved.copied->dtype,
                           .copied = saved.copied->bytes});
        continue;
      }
      const at::Tensor& value = model->net->parameters().get(saved.parameter).value;
      check(saved.row_begin >= 0 && saved.row_begin < saved.row_end && saved.row_end <= value.size(0),
            "tensor '", saved.name, "': rows ", saved.row_begin, " to ", saved.row_end, " of ",
            value.size(0));
      const at::Tensor rows = value.narrow(0, saved.row_begin, saved.row_end - saved.row_begin);
      tensors.push_back({.name = saved.name, .shape = saved.shape, .dtype = dtype, .values = [rows, &saved] {
                           return rows.reshape(saved.shape);
                         }});
    }
    write_safetensors(spec.path, tensors, {{"format", "pt"}}, cancel);
  };
  translated(save, [&] { return planned_at(*model); });
}

GenerateResult generate(const ModelRef& model, const GenerateRequest& request, const CancelToken& cancel) {
  const auto planned = [&] {
    size_t rows = request.prompts.tokens.size();
    for (const int32_t samples : request.samples) rows += samples * request.max_new_tokens;
    return planned_rows(*model, "keys and values of up to", rows);
  };
  const auto run = [&] {
    const auto samples = generate::generate(*model->net, prompts_of(request), settings_of(request), cancel);
    GenerateResult out;
    out.offsets.push_back(0);
    for (const auto& sample : samples) {
      out.tokens.insert(out.tokens.end(), sample.tokens.begin(), sample.tokens.end());
      out.log_probs.insert(out.log_probs.end(), sample.log_probs.begin(), sample.log_probs.end());
      out.offsets.push_back(static_cast<int32_t>(out.tokens.size()));
      out.stops.push_back(sample.ended ? 0 : 1);
    }
    return out;
  };
  return translated(run, planned);
}

std::vector<float> log_probs(const ModelRef& model, const LogProbsRequest& request,
                             const CancelToken& cancel) {
  const auto planned = [&] {
    const size_t rows = request.groups.prompts.tokens.size() + request.groups.tokens.size();
    return planned_rows(*model, "activations of", rows) + " in parts of up to " + std::to_string(kLookRows);
  };
  const auto run = [&] {
    return train::log_probs(*model->net, groups_of(request.groups, *model->net), request.temperature,
                            kLookRows, cancel);
  };
  return translated(run, planned);
}

LogitsResult logits(const ModelRef& model, const PromptBatch& prompts, const CancelToken& cancel) {
  const auto planned = [&] { return planned_rows(*model, "all logits of", prompts.tokens.size()); };
  const auto run = [&] {
    const at::Tensor all = train::prompt_logits(*model->net, prompt_group(prompts, *model->net));
    return LogitsResult{.data = floats(all), .tokens = all.size(0), .vocabulary = all.size(1)};
  };
  return translated(run, planned);
}

GradientsResult gradients(const ModelRef& model, const GradientsRequest& request, const CancelToken& cancel) {
  const auto planned = [&] {
    const size_t rows = request.prompts.tokens.size();
    return planned_rows(*model, "a gradient of each weight, and activations of", rows);
  };
  const auto run = [&] {
    const auto found =
        train::prompt_gradients(*model->net, prompt_group(request.prompts, *model->net), request.targets);
    GradientsResult out{.loss = found.loss, .gradients = {}};
    for (const auto& [name, tensor] : found.gradients) out.gradients.emplace_back(name, floats(tensor));
    return out;
  };
  return translated(run, planned);
}

std::vector<float> motion_feature(const ModelRef& model, const std::vector<ClipRef>& clips,
                                  const CancelToken& cancel) {
  const auto run = [&] {
    check(!clips.empty(), "motion feature: expected at least one clip");
    return floats(model->net->encoder().motion_features(clips));
  };
  return translated(run, [&] { return planned_clips(*model, clips); });
}

void calibrate_motion(const ModelRef& model, const std::vector<ClipRef>& clips, const CancelToken& cancel) {
  const auto run = [&] {
    check(!clips.empty(), "calibration: expected at least one clip");
    model->net->encoder().calibrate_motion(clips);
  };
  translated(run, [&] { return planned_clips(*model, clips); });
}

TrainerRef open_trainer(const ModelRef& model, const TrainerSpec& spec, const CancelToken& cancel) {
  const auto planned = [&] {
    const double bytes = train::Trainer::planned_bytes(*model->net, settings_of(spec));
    return planned_at(*model, ", and for training " + in_gigabytes(bytes));
  };
  const auto open = [&] {
    check_free(*model);
    auto trainer = std::make_shared<Trainer>(model);
    try {
      trainer->impl = std::make_unique<train::Trainer>(model->net, settings_of(spec));
    } catch (...) {
      --model->trainers;
      throw;
    }
    return trainer;
  };
  return translated(open, planned);
}

TrainResult train_step(const TrainerRef& trainer, const TrainRequest& request, const CancelToken& cancel) {
  const auto planned = [&] {
    return planned_rows(*trainer->model, "activations of",
                        request.groups.prompts.tokens.size() + request.groups.tokens.size()) +
           " in micro-batches of up to " + std::to_string(trainer->impl->micro_tokens());
  };
  const auto run = [&] {
    auto result = trainer->impl->step(step_of(request, *trainer->model->net), cancel);
    return TrainResult{.metrics = metrics_of(result.metrics),
                       .grad_norm = result.grad_norm,
                       .completion_tokens = result.completion_tokens,
                       .seconds = result.seconds,
                       .predictions = std::move(result.metrics.predictions)};
  };
  return translated(run, planned);
}

void save_trainer(const TrainerRef& trainer, const std::string& path, const CancelToken& cancel) {
  translated([&] { trainer->impl->save(path, cancel); }, [&] { return planned_at(*trainer->model); });
}

void load_trainer(const TrainerRef& trainer, const TrainerState& state, const CancelToken& cancel) {
  const auto load = [&] {
    train::StoredState from{
        .steps = state.steps, .optimizer = state.optimizer, .ranks = state.ranks, .tensors = {}};
    for (const ParameterSpec& tensor : state.tensors) from.tensors.push_back(stored(tensor));
    trainer->impl->restore(from, cancel);
  };
  translated(load, [&] { return planned_at(*trainer->model); });
}

void close(ModelRef model) {
  if (model->trainers > 0) fail(Code::E_BUSY, "the model's trainer is still open; dispose of it first");
  JobQueue::engine().post([model = std::move(model)]() mutable { model.reset(); });
}

void close(TrainerRef trainer) {
  --trainer->model->trainers;
  JobQueue::engine().post([trainer = std::move(trainer)]() mutable { trainer.reset(); });
}

}  // namespace vqat::engine
