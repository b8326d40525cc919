#include "train/optim/adamw.h"

namespace vqat::train {
namespace {

class AdamW final : public Optimizer {
 public:
  AdamW(const Arena& arena, const AdamWSettings& settings)
      : arena_(arena),
        settings_(settings),
        m_(at::zeros_like(arena.masters())),
        v_(at::zeros_like(arena.masters())) {}

  std::string name() const override { return "adamw"; }

  void update(int64_t begin, int64_t end, double learning_rate, int64_t step) override {
    const auto run = [&](const at::Tensor& flat) { return flat.narrow(0, begin, end - begin); };
    const at::Tensor count = at::full({}, static_cast<double>(step), m_.options());
    at::_fused_adamw_({run(arena_.masters())}, {run(arena_.gradients())}, {run(m_)}, {run(v_)}, {}, {count},
                      learning_rate, settings_.beta1, settings_.beta2, settings_.weight_decay,
                      settings_.epsilon, false, false);
  }

  NamedTensors state() const override {
    NamedTensors out = arena_.named("m.", m_);
    for (auto& one : arena_.named("v.", v_)) out.push_back(std::move(one));
    return out;
  }

 private:
  const Arena& arena_;
  const AdamWSettings settings_;
  const at::Tensor m_, v_;  // float32 [size]
};

}  // namespace

MakeOptimizer adamw(AdamWSettings settings) {
  return [settings](const Arena& arena) { return std::make_unique<AdamW>(arena, settings); };
}

}  // namespace vqat::train
