#include "generate/step.h"

#include <utility>

#include "tensor/host.h"

namespace vqat::generate {

StepInputs step_inputs(const std::vector<StepRow>& rows, int64_t position, model::RotaryTables tables) {
  // One copy to the device, cut there.
  const size_t n = rows.size();
  std::vector<int32_t> flat(5 * n);
  for (size_t i = 0; i < n; ++i) {
    flat[i] = rows[i].token;
    flat[n + i] = rows[i].table_row;
    flat[2 * n + i] = rows[i].prompt;
    flat[3 * n + i] = rows[i].slot;
    flat[4 * n + i] = static_cast<int32_t>(position + 1);
  }
  const auto parts = on_device(flat, tables.cos.device()).view({5, static_cast<int64_t>(n)}).unbind(0);
  tables.rows = parts[1];
  return {.position = position,
          .tokens = parts[0],
          .cache_slots = parts[3].to(at::kLong),
          .attends = {.prompt = parts[2], .slot = parts[3], .length = parts[4]},
          .tables = std::move(tables)};
}

at::Tensor decode(const model::Model& model, KvCache& cache, const StepInputs& step) {
  const auto& language = model.geometry().language;
  at::Tensor x = model.embed(step.tokens);
  // Every layer's attention writes here: the one before has been read by then.
  const at::Tensor attended = at::empty({x.size(0), language.heads * language.head_width}, x.options());
  const auto attention = [&](size_t layer, const at::Tensor& qkv) {
    cache.put_own(layer, step.position, step.cache_slots, qkv);
    cache.attend(layer, qkv, step.attends, attended);
    return attended;
  };
  return model.head().logits(model.decoder().forward(std::move(x), step.tables, attention));
}

}  // namespace vqat::generate
