#include "generate/step.h"

#include <utility>

namespace vqat::generate {

int64_t exact_rows(int64_t samples) { return samples; }

int64_t padded_rows(int64_t samples) {
  if (samples <= 2) return samples;
  return samples <= 4 ? 4 : (samples + 7) / 8 * 8;
}

RowCount row_count(const at::Device& device) { return device.is_cpu() ? exact_rows : padded_rows; }

Stepper::Stepper(const model::Model& model, KvCache& cache, StepSettings settings, int64_t samples,
                 RowCount rows)
    : model_(model), cache_(cache), settings_(std::move(settings)), row_count_(rows) {
  const auto& language = model.geometry().language;
  const int64_t most = rows(samples);
  const auto options = at::dtype(model.dtype()).device(model.device());
  logits_memory_ = at::empty({most, language.vocabulary}, options);
  attended_memory_ = at::empty({most, language.heads * language.head_width}, options);
  chosen_memory_ = at::empty({2 * most}, options.dtype(at::kInt));
}

void Stepper::resize(size_t samples) {
  const int64_t rows = row_count_(static_cast<int64_t>(samples));
  if (rows == rows_) return;
  rows_ = rows;
  logits_ = logits_memory_.narrow(0, 0, rows);
  attended_ = attended_memory_.narrow(0, 0, rows);
  chosen_ = ops::sampled_in(chosen_memory_.narrow(0, 0, 2 * rows));
}

void Stepper::send(const std::vector<StepRow>& rows, int64_t position) {
  resize(rows.size());
  const auto n = static_cast<size_t>(rows_);
  std::vector<double> uniforms(n);
  std::vector<int64_t> own_rows(n);
  std::vector<int32_t> sources(n), table_rows(n), prompts(n), slots(n), lengths(n);
  for (size_t i = 0; i < n; ++i) {
    const bool spare = i >= rows.size();
    const StepRow& row = rows[spare ? 0 : i];
    const int64_t slot = spare ? cache_.spare_slot() : row.slot, at = spare ? 0 : position;
    uniforms[i] = row.uniform;
    own_rows[i] = cache_.own_row(slot, at);
    sources[i] = row.source;
    table_rows[i] = row.table_row;
    prompts[i] = row.prompt;
    slots[i] = static_cast<int32_t>(slot);
    lengths[i] = static_cast<int32_t>(at + 1);
  }
  Upload upload;
  upload.add(std::move(uniforms), &in_.uniforms);
  upload.add(std::move(own_rows), &in_.cache.own_rows);
  upload.add(std::move(sources), &in_.sources);
  upload.add(std::move(table_rows), &in_.table_rows);
  upload.add(std::move(prompts), &in_.cache.attends.prompt);
  upload.add(std::move(slots), &in_.cache.attends.slot);
  upload.add(std::move(lengths), &in_.cache.attends.length);
  // The first step has the most rows.
  if (!input_memory_.defined())
    input_memory_ = at::empty({upload.bytes()}, at::dtype(at::kByte).device(model_.device()));
  upload.send_into(input_memory_);
}

ops::HostSampled Stepper::first(const at::Tensor& prompt_logits, const std::vector<StepRow>& rows) {
  send(rows, 0);
  at::index_select_out(logits_, prompt_logits, 0, in_.cache.attends.prompt);
  return choose(rows.size());
}

ops::HostSampled Stepper::next(const std::vector<StepRow>& rows, int64_t position) {
  send(rows, position - 1);
  at::Tensor x = model_.embed(chosen_memory_.index_select(0, in_.sources));
  const auto attention = [&](size_t layer, const at::Tensor& qkv) {
    cache_.put_own(layer, in_.cache.own_rows, qkv);
    cache_.attend(layer, qkv, in_.cache.attends, attended_);
    return attended_;
  };
  const model::RotaryTables tables{settings_.tables.cos, settings_.tables.sin, in_.table_rows};
  model_.head().logits(model_.decoder().forward(std::move(x), tables, attention), logits_);
  return choose(rows.size());
}

ops::HostSampled Stepper::choose(size_t samples) {
  ops::sample(logits_, in_.uniforms, settings_.banned, settings_.rule, chosen_);
  return ops::read(chosen_, static_cast<int64_t>(samples));
}

std::vector<const void*> Stepper::addresses() const {
  const auto& rows = in_.cache.attends;
  std::vector<const void*> out;
  for (const at::Tensor& one : {in_.uniforms, in_.sources, in_.table_rows, in_.cache.own_rows, rows.prompt,
                                rows.slot, rows.length, logits_, attended_, chosen_.words})
    out.push_back(one.const_data_ptr());
  return out;
}

}  // namespace vqat::generate
