// An optimiser of another kind in the trainer's seam: SGD with a bfloat16 momentum, stopped and gone on.
#include "stored_state.h"
#include "text_batch.h"

namespace vqat::train {
namespace {

class Sgd final : public Optimizer {
 public:
  explicit Sgd(const Arena& arena)
      : arena_(arena), momentum_(at::zeros({arena.size()}, arena.masters().options().dtype(at::kBFloat16))) {}
  std::string name() const override { return "sgd"; }
  void update(int64_t begin, int64_t end, double learning_rate, int64_t step) override {
    const auto run = [&](const at::Tensor& flat) { return flat.narrow(0, begin, end - begin); };
    run(momentum_).mul_(0.9).add_(run(arena_.gradients()));
    run(arena_.masters()).sub_(run(momentum_).to(at::kFloat) * learning_rate);
  }
  NamedTensors state() const override { return arena_.named("momentum.", momentum_); }

 private:
  const Arena& arena_;
  const at::Tensor momentum_;
};

struct Taught {
  std::shared_ptr<model::Model> model = text_model();
  Trainer trainer{model,
                  {.trainable = {"language", "projector"},
                   .optimizer = {.make = [](const Arena& arena) { return std::make_unique<Sgd>(arena); },
                                 .bytes = [](const Parameter& p) { return 2.0 * p.value.numel(); }}}};
  double step() {
    return trainer
        .step({.batch = text_batch(),
               .loss = likelihood_loss(),
               .weights = std::vector<double>(9, 1.0 / 9),
               .learning_rate = 0.1},
              {})
        .metrics.loss;
  }
};

TEST(Sgd, LearnsAndGoesOnBitForBit) {
  const std::string path = ::testing::TempDir() + "vqat_sgd.safetensors";
  Taught through, resumed;
  const double first = through.step();
  through.step();
  through.trainer.save(path, {});
  EXPECT_LT(through.step(), first);
  const StoredState state = read_state(path);
  EXPECT_EQ(state.optimizer, "sgd");
  EXPECT_EQ(state.steps, 2);
  for (const StoredTensor& tensor : state.tensors)
    EXPECT_EQ(tensor.sources[0].dtype, tensor.name.starts_with("momentum.") ? at::kBFloat16 : at::kFloat);
  resumed.trainer.restore(state, {});
  resumed.step();
  for (const Parameter* p : through.model->parameters().in_order())
    EXPECT_TRUE(at::equal(p->value, resumed.model->parameters().get(p->name).value)) << p->name;
}

}  // namespace
}  // namespace vqat::train
