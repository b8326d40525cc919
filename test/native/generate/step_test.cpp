// Positions of many samples: rows beyond the samples change nothing, and a row count keeps its memory.
#include "generate/step.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../model/random_model.h"

namespace vqat::generate {
namespace {

constexpr int64_t kMaxNew = 8;

// Two prompts of three and five rows with random keys, values and logits, three and two samples.
struct Prompts {
  std::shared_ptr<model::Model> model = model::testing::random_model(3);
  at::Tensor logits = at::randn({2, 32});
  std::vector<int64_t> begins{0, 3, 8};
  std::vector<at::Tensor> qkv;
  std::vector<int32_t> prompt_of{0, 0, 0, 1, 1};

  Prompts() {
    for (int layer = 0; layer < 2; ++layer) qkv.push_back(at::randn({8, 32}));
  }
};

struct Trace {
  std::vector<std::vector<int32_t>> tokens;  // of each sample
  std::vector<std::vector<float>> log_probs;
  std::vector<std::vector<const void*>> addresses;  // of each step
};

// Samples until each has as many tokens as `lengths` says.
Trace traced(const Prompts& prompts, RowCount row_count, const std::vector<size_t>& lengths,
             const ops::SampleRule& rule = {}) {
  const auto& language = prompts.model->geometry().language;
  const auto samples = static_cast<int64_t>(lengths.size());
  KvCache cache(language, {.offsets = at::tensor(prompts.begins), .rows = 8, .longest = 5}, samples, kMaxNew,
                at::kFloat);
  for (size_t layer = 0; layer < prompts.qkv.size(); ++layer) cache.put_prompt(layer, 0, prompts.qkv[layer]);
  const model::RotaryPlan plan = model::plan_rotary(language, {{5, 5 + kMaxNew}});
  Stepper stepper(*prompts.model, cache, {{plan.cos, plan.sin, {}}, at::zeros({32}, at::kByte), rule},
                  samples, row_count);
  Trace out{.tokens = std::vector<std::vector<int32_t>>(lengths.size()),
            .log_probs = std::vector<std::vector<float>>(lengths.size()),
            .addresses = {}};
  const auto row = [&](int32_t slot, int32_t source, int64_t t) {
    const int32_t prompt = prompts.prompt_of[slot];
    const auto length = static_cast<int32_t>(prompts.begins[prompt + 1] - prompts.begins[prompt]);
    return StepRow{.source = source,
                   .table_row = length + static_cast<int32_t>(t) - 1,
                   .prompt = prompt,
                   .slot = slot,
                   .uniform = std::fmod(0.37 * (slot + 1) + 0.61 * static_cast<double>(t), 1.0)};
  };
  std::vector<StepRow> rows;
  for (int32_t slot = 0; slot < samples; ++slot) rows.push_back(row(slot, 0, 0));
  for (int64_t t = 0; !rows.empty(); ++t) {
    const auto chosen = t == 0 ? stepper.first(prompts.logits, rows) : stepper.next(rows, t);
    EXPECT_EQ(chosen.tokens.size(), rows.size());
    out.addresses.push_back(stepper.addresses());
    std::vector<StepRow> left;
    for (size_t i = 0; i < rows.size(); ++i) {
      const int32_t slot = rows[i].slot;
      out.tokens[slot].push_back(chosen.tokens[i]);
      out.log_probs[slot].push_back(chosen.log_probs[i]);
      if (out.tokens[slot].size() < lengths[slot]) left.push_back(row(slot, static_cast<int32_t>(i), t + 1));
    }
    rows = left;
  }
  return out;
}

const std::vector<size_t> kLengths{8, 3, 1, 5, 8};

TEST(Step, RowsBeyondTheSamplesChangeNothing) {
  const Prompts prompts;
  for (const ops::SampleRule& rule : {ops::SampleRule{}, ops::SampleRule{.temperature = 0},
                                      ops::SampleRule{.temperature = 0.8, .top_k = 9, .top_p = 0.9}}) {
    const Trace exact = traced(prompts, exact_rows, kLengths, rule),
                padded = traced(prompts, padded_rows, kLengths, rule);
    EXPECT_EQ(exact.tokens, padded.tokens);
    for (size_t k = 0; k < kLengths.size(); ++k) {
      ASSERT_EQ(exact.log_probs[k].size(), kLengths[k]);
      // Two orders of summation of float32.
      for (size_t t = 0; t < kLengths[k]; ++t)
        EXPECT_NEAR(exact.log_probs[k][t], padded.log_probs[k][t], 1e-5) << k << ", " << t;
    }
  }
}

TEST(Step, ASampleIsAsItIsAlone) {
  const Prompts prompts;
  const Trace all = traced(prompts, padded_rows, kLengths), first = traced(prompts, exact_rows, {8});
  EXPECT_EQ(all.tokens[0], first.tokens[0]);
}

TEST(Step, ARowCountKeepsItsMemory) {
  for (const RowCount row_count : {exact_rows, padded_rows}) {
    const Trace found = traced(Prompts(), row_count, kLengths);
    ASSERT_EQ(found.addresses.size(), 8u);  // of 5, 4, 4, 3, 3, 2, 2 and 2 samples
    EXPECT_EQ(found.addresses[1], found.addresses[2]);
    EXPECT_EQ(found.addresses[3], found.addresses[4]);
    EXPECT_EQ(found.addresses[5], found.addresses[6]);
    EXPECT_EQ(found.addresses[6], found.addresses[7]);
    if (row_count == padded_rows) {
      EXPECT_EQ(found.addresses[1], found.addresses[3]);
    }
  }
}

TEST(Step, RowsArePaddedToAFewCounts) {
  std::vector<int64_t> found;
  for (const int64_t samples : {1, 2, 3, 4, 5, 8, 9, 64, 65}) found.push_back(padded_rows(samples));
  EXPECT_EQ(found, (std::vector<int64_t>{1, 2, 4, 4, 8, 8, 16, 64, 72}));
  EXPECT_EQ(row_count(at::kCPU), exact_rows);
  EXPECT_EQ(row_count(at::kCUDA), padded_rows);
}

}  // namespace
}  // namespace vqat::generate
