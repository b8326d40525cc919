// decode_attention: every twin against the reference over the case table; laws of a softmax average;
// independence of the batch.
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
    Lender lender(impl);
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
    std::vector<float> scratch(decode_attention_scratch(args), NAN);
    if (impl == Impl::kCuda) VQAT_ON_DEVICE(decode_attention_cuda(args, lender.lend(scratch), nullptr));
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
