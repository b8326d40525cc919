#include "train/optim/adamw.h"

#include <algorithm>
#include <vector>

namespace vqat::train {
namespace {

// Blocks [begin, end) of the arena that decay, or do not, together.
struct Run {
  int64_t begin, end;
  bool decayed;
};

std::vector<Run> runs_of(const Arena& arena, const AdamWSettings& settings) {
  if (settings.decays_all || settings.weight_decay == 0) return {{0, arena.size(), true}};
  std::vector<Run> runs;
  for (const Arena::Range& range : arena.ranges()) {
    const bool decayed = decays(range.parameter->name);
    if (!runs.empty()) runs.back().end = range.begin;
    if (runs.empty() || runs.back().decayed != decayed) runs.push_back({range.begin, 0, decayed});
  }
  runs.back().end = arena.size();
  return runs;
}

class AdamW final : public Optimizer {
 public:
  AdamW(const Arena& arena, const AdamWSettings& settings)
      : arena_(arena),
        settings_(settings),
        runs_(runs_of(arena, settings)),
        m_(at::zeros_like(arena.masters())),
        v_(at::zeros_like(arena.masters())) {}

  std::string name() const override { return "adamw"; }

  void update(int64_t begin, int64_t end, double learning_rate, int64_t step) override {
    const at::Tensor count = at::full({}, static_cast<double>(step), m_.options());
    for (const Run& run : runs_) {
      const int64_t from = std::max(begin, run.begin), to = std::min(end, run.end);
      if (from >= to) continue;
      const auto part = [&](const at::Tensor& flat) { return flat.narrow(0, from, to - from); };
      at::_fused_adamw_({part(arena_.masters())}, {part(arena_.gradients())}, {part(m_)}, {part(v_)}, {},
                        {count}, learning_rate, settings_.beta1, settings_.beta2,
                        run.decayed ? settings_.weight_decay : 0, settings_.epsilon, false, false);
    }
  }

  NamedTensors state() const override {
    NamedTensors out = arena_.named("m.", m_);
    for (auto& one : arena_.named("v.", v_)) out.push_back(std::move(one));
    return out;
  }

 private:
  const Arena& arena_;
  const AdamWSettings settings_;
  const std::vector<Run> runs_;
  const at::Tensor m_, v_;  // float32 [size]
};

}  // namespace

bool decays(const std::string& name) {
  return !name.ends_with(".bias") && name.find("norm") == std::string::npos;
}

MakeOptimizer adamw(AdamWSettings settings) {
  return [settings](const Arena& arena) { return std::make_unique<AdamW>(arena, settings); };
}

}  // namespace vqat::train
