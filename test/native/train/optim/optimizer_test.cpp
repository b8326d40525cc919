// AdamW over runs of the arena, and which stored states a trainer goes on from.
#include <filesystem>

#include "../stored_state.h"
#include "../text_batch.h"

namespace vqat::train {
namespace {

// Masters after three steps in runs of so many elements.
at::Tensor taught(Width moments, int64_t run) {
  const auto model = text_model();
  Arena arena(model->parameters().in_order());
  const at::Tensor before = arena.masters().clone();
  const auto optimizer = adamw({.weight_decay = 0.1, .moments = moments}).make(arena);
  for (int64_t step = 1; step <= 3; ++step) {
    at::manual_seed(step);
    arena.gradients().copy_(at::randn({arena.size()}));
    for (int64_t begin = 0; begin < arena.size(); begin += run)
      optimizer->update(begin, std::min(begin + run, arena.size()), 0.01, step);
  }
  EXPECT_FALSE(at::equal(arena.masters(), before));
  return arena.masters().clone();
}

TEST(AdamW, RunsOfBlocksAreTheWholeBitForBit) {
  for (const Width moments : {Width::kFloat32, Width::kBFloat16, Width::kBlock8}) {
    const at::Tensor whole = taught(moments, int64_t{1} << 40);
    EXPECT_TRUE(at::equal(taught(moments, Arena::kBlock), whole));
    EXPECT_TRUE(at::equal(taught(moments, 5 * Arena::kBlock), whole));
  }
}

TEST(AdamW, DecayLeavesOutBiasesAndNormsUnlessAllDecay) {
  for (const bool all : {false, true}) {
    const auto model = model::testing::random_model(5);
    Arena arena(model->parameters().in_order());
    arena.masters().fill_(1);
    arena.zero_gradients();
    const auto optimizer = adamw({.weight_decay = 0.5, .decays_all = all}).make(arena);
    optimizer->update(0, arena.size(), 0.1, 1);
    int64_t kept = 0;
    for (const auto& [name, value] : arena.named("", arena.masters())) {
      const bool vector = name.ends_with(".bias") || name.find("norm") != std::string::npos;
      const float expected = vector && !all ? 1.0f : 0.95f;
      EXPECT_TRUE(at::equal(value, at::full_like(value, expected))) << name;
      kept += vector;
    }
    EXPECT_GT(kept, 0);
  }
}

TEST(AdamW, NamesSayWhatDecays) {
  for (const char* name :
       {"vision.layers.0.attn.q_norm.weight", "language.norm.weight", "projector.norm.weight",
        "motion.0.multipathway_fusion.norm.weight", "vision.patch.bias", "pooled_head.bias"})
    EXPECT_FALSE(decays(name)) << name;
  for (const char* name :
       {"vision.class_embedding", "vision.position_embedding", "vision.layers.3.ls1", "language.embed.weight",
        "language.head.weight", "pooled_head.weight", "language.layers.0.attn.qkv.weight.0.lora_a"})
    EXPECT_TRUE(decays(name)) << name;
}

class StoredStateTest : public ::testing::Test {
 protected:
  std::shared_ptr<model::Model> model_ = text_model();
  Trainer trainer_{model_, {.trainable = {"projector"}}};
  const std::string path_ = ::testing::TempDir() + "vqat_state.safetensors";

  StoredState saved() {
    trainer_.save(path_, {});
    return read_state(path_);
  }
  void expect_refused(const StoredState& state, const std::vector<std::string>& words) {
    const at::Tensor before = model_->parameters().get("projector.fc1.weight").value.clone();
    try {
      trainer_.restore(state, {});
      FAIL() << "nothing was refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::E_FORMAT);
      for (const std::string& word : words)
        EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what() << ": " << word;
    }
    EXPECT_TRUE(at::equal(before, model_->parameters().get("projector.fc1.weight").value));
  }
};

TEST_F(StoredStateTest, SaysWhatItIs) {
  const StoredState state = saved();
  EXPECT_EQ(state.optimizer, "adamw");
  EXPECT_EQ(state.ranks, 1);
  EXPECT_EQ(state.tensors.size(), 3 * 6u);
  for (const StoredTensor& tensor : state.tensors) EXPECT_EQ(tensor.sources[0].dtype, at::kFloat);
  trainer_.restore(state, {});
}

TEST_F(StoredStateTest, AnotherOptimizerTypeOrNumberOfProcessesIsRefused) {
  StoredState state = saved();
  state.optimizer = "sgd";
  expect_refused(state, {"'sgd'", "'adamw'"});
  state = saved();
  state.ranks = 4;
  expect_refused(state, {"4 processes", "1"});
  state = saved();
  state.tensors[3].sources[0].dtype = at::kBFloat16;
  expect_refused(state, {state.tensors[3].name, "F32", "BF16"});
}

TEST_F(StoredStateTest, TensorsThatDoNotFitAreRefused) {
  StoredState state = saved();
  state.tensors.pop_back();
  expect_refused(state, {"is missing"});
  state = saved();
  state.tensors[0].name = "master.nobody";
  expect_refused(state, {"is missing"});
  state = saved();
  state.tensors.push_back(state.tensors[0]);
  state.tensors.back().name = "v.nobody";
  expect_refused(state, {"v.nobody", "nothing that is trained"});
  state = saved();
  state.tensors[0].shape = {1};
  expect_refused(state, {state.tensors[0].name, "shape"});
}

TEST(StoredTensors, OfEveryTypePassBitForBit) {
  const std::string path = ::testing::TempDir() + "vqat_types.safetensors";
  const at::Tensor source = at::arange(-40, 60).to(at::kFloat) * 1.37f;
  std::vector<WrittenTensor> tensors;
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf, at::kByte})
    tensors.push_back({.name = type_name(type), .shape = {100}, .dtype = type, .values = [=] {
                         return source.abs().to(type);
                       }});
  write_safetensors(path, tensors, {{"steps", "0"}, {"optimizer", ""}, {"ranks", "1"}}, {});
  WeightReader reader;
  const StoredState state = read_state(path);
  ASSERT_EQ(state.tensors.size(), tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_EQ(state.tensors[i].name, type_name(state.tensors[i].sources[0].dtype));
    const at::Tensor read = reader.read(state.tensors[i], tensors[i].dtype, at::kCPU, {});
    EXPECT_TRUE(at::equal(read, tensors[i].values())) << tensors[i].name;
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace vqat::train
