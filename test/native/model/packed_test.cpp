// The one layout of a batch: what every row is, predicts and attends to.
#include "model/packed.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tensor/host.h"

namespace vqat::model {
namespace {

constexpr int32_t kSlot = 99;

using Longs = std::vector<int64_t>;
using Ints = std::vector<int32_t>;

PackedBatch packed(const std::vector<GroupTokens>& groups, const std::vector<GroupPlace>& places,
                   bool motion = true) {
  PackedBatch batch;
  Upload upload;
  pack(groups, places, {kSlot, motion}, upload, batch);
  upload.send(at::kCPU);
  return batch;
}

Longs longs(const at::Tensor& tensor) { return host_values<int64_t>(tensor); }
Ints ints(const at::Tensor& tensor) { return host_values<int32_t>(tensor); }

// Completions of 3, 3, 1 and 2 tokens, then of one prompt without any.
const std::vector<GroupTokens> kGroups{
    {.prompt = {1, kSlot, kSlot, 2}, .completions = {{10, 11, 12}, {13, 14, 15}, {16}, {17, 18}}},
    {.prompt = {3, kSlot, kSlot}, .completions = {}},
    {.prompt = {4}, .completions = {{20, 21, 22, 23, 24, 25}}}};
const std::vector<GroupPlace> kPlaces{{.table_begin = 0, .clip = 0, .visual = 2},
                                      {.table_begin = 100, .clip = 1, .visual = 1},
                                      {.table_begin = 7}};

TEST(Packed, RowsAreTokensThatFeed) {
  const PackedBatch batch = packed(kGroups, kPlaces);
  EXPECT_EQ(batch.rows, 18);
  EXPECT_EQ(longs(batch.tokens),
            (Longs{1, kSlot, kSlot, 2, 10, 11, 13, 14, 17, 3, kSlot, kSlot, 4, 20, 21, 22, 23, 24}));
  EXPECT_EQ(ints(batch.rotary.rows), (Ints{0, 1, 2, 3, 4, 5, 4, 5, 4, 100, 101, 102, 7, 8, 9, 10, 11, 12}));
  ASSERT_EQ(batch.groups.size(), 3u);
  ASSERT_EQ(batch.groups[0].runs.size(), 2u);  // equal lengths side by side are one
  EXPECT_EQ(batch.groups[0].runs[0].count, 2);
  EXPECT_EQ(batch.groups[0].runs[1].begin, 8);
  EXPECT_EQ(batch.groups[0].response_rows, 5);
  EXPECT_EQ(batch.groups[2].begin, 12);
}

TEST(Packed, EveryCompletionTokenIsPredictedByTheRowBefore) {
  const PackedBatch batch = packed(kGroups, kPlaces);
  EXPECT_EQ(ints(batch.targets.ids), (Ints{10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25}));
  EXPECT_EQ(longs(batch.targets.rows), (Longs{3, 4, 5, 3, 6, 7, 3, 3, 8, 12, 13, 14, 15, 16, 17}));
}

TEST(Packed, SegmentsArePromptsAndResponses) {
  const PackedBatch batch = packed(kGroups, kPlaces);
  EXPECT_EQ(ints(batch.segment_offsets), (Ints{0, 4, 6, 8, 9, 12, 13, 18}));
  EXPECT_EQ(longs(batch.prompt_rows), (Longs{0, 1, 2, 3, 9, 10, 11, 12}));
  EXPECT_EQ(ints(batch.prompt_offsets), (Ints{0, 4, 7, 8}));
  EXPECT_EQ(longs(batch.response_rows), (Longs{4, 5, 6, 7, 8, 13, 14, 15, 16, 17}));
  EXPECT_EQ(ints(batch.response_offsets), (Ints{0, 5, 5, 10}));
  EXPECT_EQ(batch.longest_segment, 5);
  EXPECT_EQ(batch.longest_prompt, 4);
  EXPECT_EQ(batch.longest_responses, 5);
}

TEST(Packed, TheSlotAfterTheVisualOnesIsOfMotion) {
  const PackedBatch batch = packed(kGroups, kPlaces);
  EXPECT_EQ(longs(batch.visual_rows), (Longs{1, 2, 10}));
  EXPECT_EQ(longs(batch.motion_rows), Longs{11});
  EXPECT_EQ(longs(batch.motion_clips), Longs{1});
}

TEST(Packed, RefusesAnotherNumberOfSlots) {
  EXPECT_THROW(packed(kGroups, {{}, kPlaces[1], {}}), Error);  // slots without a clip
  EXPECT_THROW(packed(kGroups, {{.clip = 0, .visual = 3}, kPlaces[1], {}}), Error);
  EXPECT_THROW(packed(kGroups, kPlaces, false), Error);  // no motion parts
}

TEST(Packed, ASpanIsThePromptAndItsLongestSequence) {
  const RotarySpan first = rotary_span(kGroups[0]), none = rotary_span(kGroups[1]);
  EXPECT_EQ(first.prompt, 4);
  EXPECT_EQ(first.whole, 6);
  EXPECT_EQ(none.whole, 3);
}

}  // namespace
}  // namespace vqat::model
