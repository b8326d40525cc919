// decode_attention: every twin against the reference over the case table; laws of a softmax average;
// independence of the batch; how CUDA shares the work out.
#include "kernels/decode_attention/decode_attention.h"

#include <algorithm>
#include <numeric>

#include "decode_attention_cases.h"
#include "harness.h"
#include "kernels/decode_attention/decode_attention_parts.h"

namespace vqat::kernels {
namespace {

template <class T>
struct Data {
  DecodeAttentionCase c;
  std::vector<int64_t> offsets{0};
  std::vector<int32_t> group, slot, own_length;
  std::vector<T> q, prompt_k, prompt_v, own_k, own_v, out;
  const void* odd = nullptr;  // the array that lies at an odd address on the device

  explicit Data(const DecodeAttentionCase& c) : c(c), group(c.group) {
    const int64_t rows = std::ssize(group);
    for (const int64_t length : c.prompts) offsets.push_back(offsets.back() + length);
    slot.resize(rows);
    std::iota(slot.rbegin(), slot.rend(), 1);  // slots in falling order, slot 0 unused
    own_length = integers(rows, c.max_new, 5);
    for (int32_t& length : own_length) ++length;
    const int64_t line = c.kv_heads * c.head_dim;
    q = normal<T>(rows * c.heads * c.head_dim, 1, c.scale);
    prompt_k = normal<T>(offsets.back() * line, 2);
    prompt_v = normal<T>(offsets.back() * line, 3);
    own_k = normal<T>((rows + 1) * c.max_new * line, 4);
    own_v = normal<T>((rows + 1) * c.max_new * line, 6);
    out.resize(q.size());
  }
  void run(Impl impl) {
    Lender lender(impl, odd);
    const DecodeAttention<T> args{.q = lender.lend(q),
                                  .prompt_k = lender.lend(prompt_k),
                                  .prompt_v = lender.lend(prompt_v),
                                  .prompt_offsets = lender.lend(offsets),
                                  .own_k = lender.lend(own_k),
                                  .own_v = lender.lend(own_v),
                                  .group = lender.lend(group),
                                  .slot = lender.lend(slot),
                                  .own_length = lender.lend(own_length),
                                  .out = lender.lend(out),
                                  .rows = std::ssize(group),
                                  .groups = std::ssize(offsets) - 1,
                                  .heads = c.heads,
                                  .kv_heads = c.kv_heads,
                                  .head_dim = c.head_dim,
                                  .longest_prompt = std::max(c.prompts),
                                  .max_new = c.max_new,
                                  .scale = static_cast<float>(1 / std::sqrt(c.head_dim))};
    if (impl == Impl::kReference) decode_attention_ref(args);
    if (impl == Impl::kCpu) decode_attention_cpu(args);
    std::vector<float> scratch(decode_attention_scratch(args));
    if (impl == Impl::kCuda)
      VQAT_ON_DEVICE(decode_attention_cuda(args, lender.lend_unwritten(scratch), nullptr));
    lender.take_back();
  }
};

class DecodeAttentionTest : public KernelTest {};
VQAT_EVERY_TWIN(DecodeAttentionTest);

template <class T>
void compare(Impl impl, std::span<const DecodeAttentionCase> cases) {
  for (const DecodeAttentionCase& c : cases) {
    SCOPED_TRACE(c.name);
    Data<T> want(c), got(c);
    want.run(Impl::kReference);
    got.run(impl);
    // An average of values of size 1; the rounding of a score of size s moves its weight by s * 2^-24.
    expect_close(got.out, want.out, relative_bound<T>(0), 2e-6 * std::max(1.0, c.scale / 3), "out");
  }
}

TEST_P(DecodeAttentionTest, Float32MatchesReference) { compare<float>(GetParam(), kDecodeAttentionCases); }
TEST_P(DecodeAttentionTest, Bfloat16MatchesReference) {
  compare<bfloat16>(GetParam(), kDecodeAttentionCases);
}
TEST_P(DecodeAttentionTest, Float32AtAwkwardSizes) {
  compare<float>(GetParam(), kDecodeAttentionAwkwardCases);
}
TEST_P(DecodeAttentionTest, Bfloat16AtAwkwardSizes) {
  compare<bfloat16>(GetParam(), kDecodeAttentionAwkwardCases);
}

TEST_P(DecodeAttentionTest, OnePositionReturnsItsValue) {
  Data<float> data(kDecodeAttentionCases[1]);
  data.run(GetParam());
  const float* value = data.own_v.data() + data.slot[0] * 8;
  for (int64_t i = 0; i < 16; ++i) EXPECT_FLOAT_EQ(data.out[i], value[i % 8]) << i;
}

TEST_P(DecodeAttentionTest, EqualKeysAverageTheValues) {
  Data<float> data(kDecodeAttentionCases[2]);
  data.prompt_k.assign(3, 0.5f);
  std::fill(data.own_k.begin(), data.own_k.end(), 0.5f);
  data.prompt_v = {1, 2, 3};
  data.own_v = {100, 100, 10, 100};
  data.slot = {1};
  data.own_length = {1};
  data.run(GetParam());
  EXPECT_FLOAT_EQ(data.out[0], 4);
}

TEST_P(DecodeAttentionTest, ReadsNothingPastTheOwnLength) {
  Data<float> data(kDecodeAttentionCases[3]);
  data.run(GetParam());
  const std::vector<float> before = data.out;
  const int64_t line = data.c.kv_heads * data.c.head_dim;
  for (size_t a = 0; a < data.slot.size(); ++a) {
    const int64_t first = (data.slot[a] * data.c.max_new + data.own_length[a]) * line;
    const int64_t end = (data.slot[a] + 1) * data.c.max_new * line;
    for (int64_t i = first; i < end; ++i) data.own_k[i] = data.own_v[i] = NAN;
  }
  data.run(GetParam());
  EXPECT_EQ(data.out, before);
}

TEST_P(DecodeAttentionTest, ReadsNothingOfOtherRows) {
  Data<float> data(kDecodeAttentionCases[3]);
  data.run(GetParam());
  const std::vector<float> before = data.out;
  const int64_t width = data.c.heads * data.c.head_dim;
  constexpr int64_t kRow = 2;  // within the first run
  for (int64_t i = 0; i < std::ssize(data.q); ++i) {
    if (i / width != kRow) data.q[i] = 1 - data.q[i];
  }
  for (int64_t a = 0; a < std::ssize(data.own_length); ++a) {
    if (a != kRow) data.own_length[a] = 1;
  }
  data.run(GetParam());
  for (int64_t i = kRow * width; i < (kRow + 1) * width; ++i) EXPECT_EQ(data.out[i], before[i]) << i;
}

// A step may be filled up to a size that steps share: rows of nobody, all in one slot, at any prompt.
TEST_P(DecodeAttentionTest, RowsOfNobodyLeaveTheOthersAlone) {
  for (const int32_t prompt : {0, 1}) {
    SCOPED_TRACE(prompt);
    Data<float> filled(kDecodeAttentionCases[3]), want(kDecodeAttentionCases[3]);
    const auto fill = [&](Data<float>& data) {
      for (size_t a = 5; a < data.group.size(); ++a) {
        data.group[a] = prompt;
        data.slot[a] = 0;
        data.own_length[a] = 1;
      }
    };
    want.run(Impl::kReference);
    const int64_t theirs = 5 * want.c.heads * want.c.head_dim;
    const std::vector<float> others(want.out.begin(), want.out.begin() + theirs);
    fill(filled);
    fill(want);
    want.run(Impl::kReference);
    filled.run(GetParam());
    expect_close(filled.out, want.out, 0, 2e-6, "out");
    filled.out.resize(theirs);
    expect_close(filled.out, others, 0, 2e-6, "out of the others");
  }
}

// At an odd address, though the width would allow wide accesses.
TEST_P(DecodeAttentionTest, AnyArrayMayLieAnywhere) {
  Data<bfloat16> want(kDecodeAttentionCases[3]), got(kDecodeAttentionCases[3]);
  want.run(GetParam());
  for (const void* array : {&got.q, &got.prompt_k, &got.prompt_v, &got.own_k, &got.own_v, &got.out}) {
    got.odd = array;
    got.run(GetParam());
    expect_close(got.out, want.out, 0, 0, "out");
  }
}

TEST(DecodeAttentionParts, HoldEveryPositionAndQueryOnce) {
  for (const int64_t rows : {1, 4, 16, 64, 1000}) {
    for (const int64_t groups : {1, 16, 1000}) {
      for (const int64_t heads : {1, 7, 14, 28, 40}) {
        for (const int64_t positions : {1, 63, 64, 65, 1700, 100000}) {
          for (const int64_t head_dim : {64, 256}) {
            DecodeAttention<float> args{};
            args.rows = rows;
            args.groups = groups;
            args.heads = heads * 2;
            args.kv_heads = 2;
            args.head_dim = head_dim;
            args.longest_prompt = positions - 1;
            args.max_new = positions;
            const DecodeAttentionParts parts = decode_attention_parts(args);
            EXPECT_EQ(parts.prompt_part % kDecodeTilePositions, 0);
            EXPECT_EQ(parts.own_part % kDecodeTilePositions, 0);
            EXPECT_GE(parts.prompt_part * parts.prompt_parts, args.longest_prompt);
            EXPECT_LT(parts.prompt_part * (parts.prompt_parts - 1), args.longest_prompt);
            EXPECT_GE(parts.own_part * parts.own_parts, args.max_new);
            EXPECT_LT(parts.own_part * (parts.own_parts - 1), args.max_new);
            EXPECT_LE(parts.tile_rows * parts.tile_heads, decode_tile_queries(head_dim));
            EXPECT_GE(parts.tile_heads * parts.head_tiles, heads);
            EXPECT_LT(parts.tile_heads * (parts.head_tiles - 1), heads);
            EXPECT_TRUE(parts.head_tiles == 1 || parts.tile_rows == 1);
          }
        }
      }
    }
  }
}

// Four samples of 16 prompts of 1,700 positions, and one of one: blocks for an H200's 132 multiprocessors.
TEST(DecodeAttentionParts, FillTheCard) {
  const auto prompt_blocks = [](int64_t groups, int64_t samples, int64_t heads, int64_t kv_heads) {
    DecodeAttention<bfloat16> args{};
    args.rows = groups * samples;
    args.groups = groups;
    args.heads = heads;
    args.kv_heads = kv_heads;
    args.head_dim = 128;
    args.longest_prompt = 1700;
    args.max_new = 512;
    const DecodeAttentionParts parts = decode_attention_parts(args);
    EXPECT_EQ(parts.tile_rows, 4);
    return groups * kv_heads * parts.prompt_parts;
  };
  EXPECT_EQ(prompt_blocks(16, 4, 28, 4), 576);
  EXPECT_EQ(prompt_blocks(16, 4, 14, 2), 448);
  EXPECT_EQ(prompt_blocks(1, 1, 28, 4), 108);  // no part is shorter than a tile
}

TEST(DecodeAttentionCuda, RefusesWhatNoGridHolds) {
  const auto refusal = [](int64_t rows, int64_t kv_heads, int64_t head_dim, int64_t longest_prompt) {
    DecodeAttention<float> args{};
    args.rows = rows;
    args.groups = 1;
    args.heads = args.kv_heads = kv_heads;
    args.head_dim = head_dim;
    args.longest_prompt = longest_prompt;
    args.max_new = 1;
    return refusal_of([&] { decode_attention_cuda(args, nullptr, nullptr); });
  };
  EXPECT_EQ(refusal(1, 1, 257, 1), "decode_attention: expected head_dim up to 256 on CUDA, found 257");
  EXPECT_NE(refusal(int64_t{1} << 31, 1, 8, 1).find("found 2147483648 x 1 x 2"), std::string::npos);
  EXPECT_NE(refusal(1, 65536, 8, 1).find("found 1 x 65536 x 2"), std::string::npos);
  EXPECT_NE(refusal(1, 1, 8, int64_t{1} << 31).find("prompts of at most 2147483647"), std::string::npos);
  EXPECT_EQ(refusal(0, 1, 8, 1), "");
}

TEST(DecodeAttentionCpu, ARowDoesNotDependOnTheBatch) {
  for (const DecodeAttentionCase& c : kDecodeAttentionCases) {
    SCOPED_TRACE(c.name);
    Data<float> together(c);
    together.run(Impl::kCpu);
    const int64_t width = c.heads * c.head_dim;
    for (int64_t a = 0; a < std::ssize(together.group); ++a) {
      Data<float> alone(c);
      alone.group = {together.group[a]};
      alone.slot = {together.slot[a]};
      alone.own_length = {together.own_length[a]};
      alone.q = {together.q.begin() + a * width, together.q.begin() + (a + 1) * width};
      alone.out.resize(width);
      alone.run(Impl::kCpu);
      EXPECT_TRUE(std::equal(alone.out.begin(), alone.out.end(), together.out.begin() + a * width)) << a;
    }
  }
}

}  // namespace
}  // namespace vqat::kernels
