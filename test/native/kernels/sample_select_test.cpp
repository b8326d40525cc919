// The filters of sample where a selection by digits of keys can go wrong: numbers that differ in one digit
// alone, cuts inside ties and at the edges of slices, masses on a boundary, rows with almost nothing in them.
#include <bit>

#include "sample_data.h"

namespace vqat::kernels {
namespace {

class SampleSelect : public KernelTest {};
VQAT_EVERY_TWIN(SampleSelect);

constexpr double kLast = 1 - 0x1p-53;  // draws the highest id that stays; 0 the lowest
constexpr float kFlat = 1e36f;         // a temperature at which ids of any logits below have about equal mass

// The storage type's numbers in order: 0 is zero, 1 and -1 the denormals next to it.
template <class T>
T number(int32_t order) {
  const uint32_t magnitude = static_cast<uint32_t>(std::abs(order)) << (32 - 8 * sizeof(T));
  return std::bit_cast<float>(order < 0 ? magnitude | 0x80000000u : magnitude);
}

// One row of `logits` for each of `uniforms`.
template <class T>
Data<T> rows_of(const std::vector<T>& logits, const std::vector<double>& uniforms, float temperature = 1) {
  const int64_t rows = std::ssize(uniforms), vocabulary = std::ssize(logits);
  Data<T> data({"", rows, vocabulary, vocabulary, temperature, 0, 1, false, 1});
  for (int64_t i = 0; i < rows * vocabulary; ++i) data.logits[i] = logits[i % vocabulary];
  data.uniforms = uniforms;
  return data;
}

// Rising numbers, so that the top k are the last k ids and the lowest of them shows the cut.
template <class T>
void cut_between_neighbours(Impl impl, int64_t first, int64_t step) {
  constexpr int64_t kIds = 4200;
  std::vector<T> logits(kIds);
  for (int64_t v = 0; v < kIds; ++v) logits[v] = number<T>(static_cast<int32_t>(first + v * step));
  Data<T> data = rows_of(logits, {0, kLast}, kFlat);
  for (const int64_t top_k : {1, 2, 31, 104, 105, 2047, 2048, 2049, 4096, 4199}) {
    SCOPED_TRACE(testing::Message() << "from " << first << " by " << step << ", top " << top_k);
    data.c.top_k = top_k;
    data.run(impl);
    EXPECT_EQ(data.tokens, (Tokens{static_cast<int32_t>(kIds - top_k), kIds - 1}));
  }
}

TEST_P(SampleSelect, NeighboursInEveryDigitFloat32) {
  cut_between_neighbours<float>(GetParam(), 0x3F800000, 1);           // the last digit, above 1
  cut_between_neighbours<float>(GetParam(), -0x3F800000 - 4199, 1);   // below -1
  cut_between_neighbours<float>(GetParam(), -2100, 1);                // denormals and zero
  cut_between_neighbours<float>(GetParam(), -(2100 << 10), 1 << 10);  // the middle digit
  cut_between_neighbours<float>(GetParam(), -(2100 << 19), 1 << 19);  // the first one, both signs
}

TEST_P(SampleSelect, NeighboursInEveryDigitBfloat16) {
  cut_between_neighbours<bfloat16>(GetParam(), 0x2F80, 1);
  cut_between_neighbours<bfloat16>(GetParam(), -2100, 1);
  cut_between_neighbours<bfloat16>(GetParam(), -2100 * 7, 7);
}

TEST_P(SampleSelect, ZerosOfBothSignsTie) {
  std::vector<float> logits(700);
  for (size_t v = 0; v < logits.size(); ++v) logits[v] = v % 2 == 0 ? -0.0f : 0.0f;
  Data<float> data = rows_of(logits, {0, kLast});
  for (const int64_t top_k : {1, 2, 3, 300, 699}) {
    data.c.top_k = top_k;
    data.run(GetParam());
    EXPECT_EQ(data.tokens, (Tokens{0, static_cast<int32_t>(top_k - 1)}));
  }
}

TEST_P(SampleSelect, EqualLogitsStayFromTheLowestId) {
  // 8192 equal ids: a top_p of m / 8192 is exactly the mass of m of them, the next number asks for one more.
  Data<float> data = rows_of(std::vector<float>(8192, -3.25f), {0, kLast});
  for (const int64_t kept : {1, 2, 4095, 4096, 4097, 8191}) {
    data.c.top_k = kept;
    data.c.top_p = 1;
    data.run(GetParam());
    EXPECT_EQ(data.tokens, (Tokens{0, static_cast<int32_t>(kept - 1)})) << "top k " << kept;
    data.c.top_k = 0;
    data.c.top_p = static_cast<double>(kept) / 8192;
    data.run(GetParam());
    EXPECT_EQ(data.tokens, (Tokens{0, static_cast<int32_t>(kept - 1)})) << "top p of " << kept;
    data.c.top_p = std::nextafter(data.c.top_p, 1);
    data.run(GetParam());
    EXPECT_EQ(data.tokens, (Tokens{0, static_cast<int32_t>(kept)})) << "top p above " << kept;
  }
}

TEST_P(SampleSelect, ManyIdsAddUpToTheirMass) {
  // Behind the best id 70000 of one weight, of whose integer the lower half often carries; a third stays.
  constexpr int32_t kOthers = 70000, kStay = 23333;
  std::vector<float> logits(1 + kOthers, -0.9f);
  logits[0] = 0;
  Data<float> data = rows_of(logits, {0, kLast});
  const double weight = std::exp(static_cast<double>(-0.9f));
  data.c.top_p = (1 + (kStay - 0.5) * weight) / (1 + kOthers * weight);
  data.run(GetParam());
  EXPECT_EQ(data.tokens, (Tokens{0, kStay}));
}

// 70001 ids, of which ten are at 1, eleven at 0, around the edges of slices and above 2^16, and the others
// below.
constexpr int32_t kTies[] = {200, 4000, 4095, 4096, 4097, 8191, 8192, 65535, 65536, 65537, 70000};
template <class T>
Data<T> with_ties() {
  std::vector<T> logits(70001);
  for (size_t v = 0; v < logits.size(); ++v) logits[v] = static_cast<float>(v % 5) - 9;
  for (int32_t v = 100; v < 110; ++v) logits[v] = 1.0f;
  for (const int32_t v : kTies) logits[v] = 0.0f;
  return rows_of(logits, {0, kLast});
}

template <class T>
void cut_inside_ties(Impl impl) {
  Data<T> data = with_ties<T>();
  for (int64_t taken = 1; taken <= std::ssize(kTies); taken += 2) {
    SCOPED_TRACE(testing::Message() << taken << " ties taken");
    data.c.top_k = 10 + taken;
    data.c.top_p = 1;
    data.run(impl);
    EXPECT_EQ(data.tokens, (Tokens{100, kTies[taken - 1]})) << "by number";
    // Of those, half a tie less than all but two: the mass ends inside what the number has left.
    if (taken < 3) continue;
    const double ten = 10 * std::exp(1.0), ties = static_cast<double>(taken);
    data.c.top_p = (ten + ties - 2.5) / (ten + ties);
    data.run(impl);
    EXPECT_EQ(data.tokens, (Tokens{100, kTies[taken - 3]})) << "by mass";
    data.c.top_p = 6.5 * std::exp(1.0) / (ten + ties);
    data.run(impl);
    EXPECT_EQ(data.tokens, (Tokens{100, 106})) << "by mass, before the ties";
  }
}

TEST_P(SampleSelect, CutsInsideTiesFloat32) { cut_inside_ties<float>(GetParam()); }
TEST_P(SampleSelect, CutsInsideTiesBfloat16) { cut_inside_ties<bfloat16>(GetParam()); }

TEST_P(SampleSelect, TopKOfAboutAsManyAsAreFree) {
  // Falling logits: 5 free ids of 9000, the worst at the end.
  std::vector<float> logits(9000, 3.0f);
  std::vector<uint8_t> banned(9000, 1);
  const std::vector<int32_t> free{5, 4095, 4096, 6000, 8999};
  for (size_t i = 0; i < free.size(); ++i) {
    logits[free[i]] = 2 - static_cast<float>(i);
    banned[free[i]] = 0;
  }
  for (int32_t v = 7000; v < 7100; ++v) {
    logits[v] = -kInfinity;
    banned[v] = 0;
  }
  Data<float> data = rows_of(logits, {0, kLast});
  data.banned = banned;
  for (const auto& [top_k, last] : {std::pair{3, 4096}, {4, 6000}, {5, 8999}, {6, 8999}, {8999, 8999}}) {
    data.c.top_k = top_k;
    data.run(GetParam());
    EXPECT_EQ(data.tokens, (Tokens{5, last})) << top_k;
  }
}

TEST_P(SampleSelect, RowsOfNothingButOne) {
  for (const int32_t only : {0, 4095, 4096, 8999}) {
    std::vector<float> logits(9000, -kInfinity);
    logits[only] = -5;
    Data<float> data = rows_of(logits, {0, 0.5, kLast});
    for (const auto& [top_k, top_p] : {std::pair<int64_t, double>{0, 1}, {1, 1}, {7, 0.5}, {0, 1e-9}}) {
      data.c.top_k = top_k;
      data.c.top_p = top_p;
      data.run(GetParam());
      EXPECT_EQ(data.tokens, (Tokens{only, only, only}));
      EXPECT_EQ(data.logprobs, (std::vector<float>{0, 0, 0}));
    }
  }
}

TEST_P(SampleSelect, DrawsAtTheEdgesOfSlices) {
  constexpr int kIds = 8193;
  const Tokens ids{0, 1, 4095, 4096, 8191, 8192};
  std::vector<double> uniforms;
  for (const int32_t id : ids) uniforms.push_back((id + 0.5) / kIds);
  Data<float> data = rows_of(std::vector<float>(kIds, 7.0f), uniforms);
  data.run(GetParam());
  EXPECT_EQ(data.tokens, ids);
}

TEST_P(SampleSelect, TheLastIdIsDrawnAtTheEnd) {
  // Sums over slices and inside one differ by roundings, which may carry the goal past a slice's end.
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Data<float> data = rows_of(normal(8300, seed), {kLast});
    data.run(GetParam());
    EXPECT_EQ(data.tokens, (Tokens{8299})) << seed;
  }
}

TEST_P(SampleSelect, MoreSlicesThanABlockHasThreads) {
  std::vector<bfloat16> logits(1'200'001, -3.0f);
  for (const int32_t v : {10, 5000, 9000, 1'200'000}) logits[v] = 2.0f;
  Data<bfloat16> data = rows_of(logits, {kLast});
  for (const auto& [top_k, last] : {std::pair{0, 1'200'000}, {1, 10}, {2, 5000}}) {
    data.c.top_k = top_k;
    data.run(GetParam());
    EXPECT_EQ(data.tokens, (Tokens{last})) << top_k;
  }
}

TEST_P(SampleSelect, RandomRowsMatchTheReference) {
  // Logits in steps of an eighth, so that there are ties everywhere; some banned, some -inf.
  for (uint32_t seed = 0; seed < 12; ++seed) {
    const auto draw = [&](uint32_t what) { return uniform(77, seed, what); };
    const auto vocabulary = static_cast<int64_t>(1 + 9000 * draw(0) * draw(1));
    Data<bfloat16> want({"", 4, vocabulary, vocabulary + seed % 3, 0.3f + static_cast<float>(draw(2)), 0, 1,
                         seed % 2 == 0, 1 + 2 * draw(3)});
    for (bfloat16& logit : want.logits) logit = std::round(8 * logit) / 8;
    for (size_t i = seed; i < want.logits.size(); i += 7) want.logits[i] = -kInfinity;
    want.c.top_k = seed % 3 == 0 ? 0 : static_cast<int64_t>(1 + draw(4) * static_cast<double>(vocabulary));
    want.c.top_p = seed % 4 == 0 ? 1 : 0.05 + 0.9 * draw(5);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << vocabulary << " ids, top k " << want.c.top_k
                                    << ", top p " << want.c.top_p);
    Data<bfloat16> got = want;
    want.run(Impl::kReference);
    got.run(GetParam());
    EXPECT_EQ(got.tokens, want.tokens);
    expect_close(got.logprobs, want.logprobs, 4e-7, 1e-6, "logprobs");
  }
}

// Odd strides move rows to addresses at which pairs of logits cannot be read at once.
template <class T>
void rows_alone(Impl impl, int64_t top_k, double top_p) {
  Data<T> together({"", 4, 4999, 5001, 1, top_k, top_p, true, 2});
  together.run(impl);
  for (int64_t row = 0; row < 4; ++row) {
    Data<T> alone = together;
    alone.c.rows = 1;
    const auto first = together.logits.begin() + row * together.c.row_stride;
    alone.logits = {first, first + together.c.row_stride};
    alone.uniforms = {together.uniforms[row]};
    alone.run(impl);
    EXPECT_EQ(alone.tokens[0], together.tokens[row]);
    EXPECT_EQ(alone.logprobs[0], together.logprobs[row]);
  }
}

TEST_P(SampleSelect, ARowDoesNotDependOnItsAddress) {
  rows_alone<float>(GetParam(), 0, 1);
  rows_alone<float>(GetParam(), 300, 0.8);
  rows_alone<bfloat16>(GetParam(), 0, 1);
  rows_alone<bfloat16>(GetParam(), 300, 0.8);
}

}  // namespace
}  // namespace vqat::kernels
