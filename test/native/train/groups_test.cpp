// How a batch is cut into micro-batches.
#include "train/groups.h"

#include "text_batch.h"

namespace vqat::train {
namespace {

// Groups of 8, 6, 3 and 9 rows.
GroupBatch batch() {
  GroupBatch batch = text_batch();
  batch.groups.push_back({.prompt = {1}, .completions = {{2}, {3}}});
  batch.groups.push_back({.prompt = {1, 2, 3, 4}, .completions = {{5, 6, 7, 8, 9}}});
  batch.clips.resize(4);
  return batch;
}

std::vector<size_t> groups_of(const std::vector<MicroBatch>& micros) {
  std::vector<size_t> groups;
  for (const MicroBatch& micro : micros) groups.push_back(micro.groups);
  return groups;
}

TEST(Split, BothBoundsHoldAndNoGroupIsSplit) {
  using Groups = std::vector<size_t>;
  EXPECT_EQ(groups_of(split(batch(), 1000)), (Groups{4}));
  EXPECT_EQ(groups_of(split(batch(), 1)), (Groups{1, 1, 1, 1}));
  EXPECT_EQ(groups_of(split(batch(), 17)), (Groups{3, 1}));
  EXPECT_EQ(groups_of(split(batch(), 1000, 3)), (Groups{3, 1}));
  EXPECT_EQ(groups_of(split(batch(), 1000, 2)), (Groups{2, 2}));
  EXPECT_EQ(groups_of(split(batch(), 9, 2)), (Groups{1, 2, 1}));
  EXPECT_EQ(groups_of(split(batch(), 1000, 1)), (Groups{1, 1, 1, 1}));
}

TEST(Split, MicroBatchesLieEndToEnd) {
  const auto micros = split(batch(), 1000, 2);
  ASSERT_EQ(micros.size(), 2u);
  EXPECT_EQ(micros[1].first_group, 2u);
  EXPECT_EQ(micros[1].first_sequence, 3);
  EXPECT_EQ(micros[1].first_token, 9);
  EXPECT_EQ(micros[0].offsets, (std::vector<int64_t>{0, 3, 5, 9}));
  EXPECT_EQ(micros[1].offsets, (std::vector<int64_t>{0, 1, 2, 7}));
}

}  // namespace
}  // namespace vqat::train
