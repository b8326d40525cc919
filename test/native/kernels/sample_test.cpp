// sample: every twin against the reference over the case table; hand-made rows; the law of the inverse
// distribution.
#include "kernels/sample/sample.h"

#include "kernels/token_logprob/token_logprob.h"
#include "sample_data.h"

namespace vqat::kernels {
namespace {

// A case of the awkward table at one vocabulary.
template <class T>
Data<T> awkward(const SampleAwkwardCase& c, int64_t vocabulary) {
  Data<T> data(
      {c.name, c.rows, vocabulary, vocabulary, c.temperature, c.top_k, c.top_p, c.bans != Bans::kNone, 2});
  data.uniforms[0] = 0;
  if (c.rows > 1) data.uniforms[1] = std::nextafter(1.0, 0.0);
  for (int64_t v = 0; v < std::ssize(data.banned); ++v)
    data.banned[v] = v + 1 < vocabulary && (c.bans == Bans::kAllButTheLast || v % 2 == 1);
  for (int64_t i = 0; i < std::ssize(data.logits); ++i) {
    const int64_t v = i % vocabulary;
    T& logit = data.logits[i];
    if (c.logits == Logits::kMostlyNothing && i % 3 != 2 && v + 1 < vocabulary) logit = -kInfinity;
    if (c.logits == Logits::kZerosOfBothSigns) logit = i % 2 ? 0.0f : -0.0f;
    if (c.logits == Logits::kFourValues) logit = static_cast<float>(i % 4);
    if (c.logits == Logits::kOnePeak) logit = v == vocabulary / 2 ? 12.0f : -12.0f;
    if (c.logits == Logits::kHuge) logit = -3.3e38f + static_cast<float>(v) * 1e35f;
  }
  return data;
}

// Emulated, a row of the real vocabulary takes seconds: there the tables are cut to their first rows.
bool is_slow(Impl impl) { return impl == Impl::kCuda && device::is_emulated(); }

// A row of known probabilities, drawn at each of `uniforms`.
Data<float> known(const std::vector<double>& probabilities, const std::vector<double>& uniforms,
                  int64_t top_k = 0, double top_p = 1) {
  const int64_t rows = std::ssize(uniforms), vocabulary = std::ssize(probabilities);
  Data<float> data({"", rows, vocabulary, vocabulary, 1, top_k, top_p, false, 1});
  for (int64_t i = 0; i < rows * vocabulary; ++i) {
    data.logits[i] = static_cast<float>(std::log(probabilities[i % vocabulary]));
  }
  data.uniforms = uniforms;
  return data;
}

class SampleTest : public KernelTest {};
VQAT_EVERY_TWIN(SampleTest);

template <class T>
void compare(Impl impl) {
  for (SampleCase c : kSampleCases) {
    SCOPED_TRACE(c.name);
    if (is_slow(impl))
      c.rows = std::min<int64_t>(c.rows, c.vocabulary < 2048 ? 8 : c.vocabulary < 4096 ? 2 : 1);
    Data<T> want(c), got(c);
    want.run(Impl::kReference);
    got.run(impl);
    EXPECT_EQ(got.tokens, want.tokens);
    expect_close(got.logprobs, want.logprobs, 4e-7, 1e-6, "logprobs");
    for (const int32_t token : got.tokens) {
      EXPECT_GE(token, 0);
      EXPECT_LT(token, c.vocabulary);
      EXPECT_FALSE(c.banned && token % 3 == 1);
    }
  }
}

TEST_P(SampleTest, Float32MatchesReference) { compare<float>(GetParam()); }
TEST_P(SampleTest, Bfloat16MatchesReference) { compare<bfloat16>(GetParam()); }

template <class T>
void compare_awkward(Impl impl) {
  for (const SampleAwkwardCase& c : kSampleAwkwardCases) {
    for (const int64_t vocabulary : kSampleAwkwardVocabularies) {
      if (c.vocabulary != 0 && vocabulary != 1) continue;
      SCOPED_TRACE(testing::Message() << c.name << ", vocabulary " << vocabulary);
      Data<T> want = awkward<T>(c, c.vocabulary ? c.vocabulary : vocabulary), got = want;
      want.run(Impl::kReference);
      got.run(impl);
      EXPECT_EQ(got.tokens, want.tokens);
      expect_close(got.logprobs, want.logprobs, 4e-7, 1e-6, "logprobs");
    }
  }
}

TEST_P(SampleTest, Float32AtAwkwardSizes) { compare_awkward<float>(GetParam()); }
TEST_P(SampleTest, Bfloat16AtAwkwardSizes) { compare_awkward<bfloat16>(GetParam()); }

TEST_P(SampleTest, InverseDistributionInOrderOfIds) {
  Data<float> data = known({0.1, 0.2, 0.3, 0.4}, {0, 0.09, 0.11, 0.29, 0.31, 0.59, 0.61, 0.999999});
  data.run(GetParam());
  EXPECT_EQ(data.tokens, (Tokens{0, 0, 1, 1, 2, 2, 3, 3}));
  for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(data.logprobs[i], std::log(0.1 * (1 + data.tokens[i])), 1e-6);
}

TEST_P(SampleTest, FiltersRenormaliseButLogprobsDoNot) {
  // Both filters keep ids 2 and 3: shares 3/7 and 4/7.
  for (const auto& [top_k, top_p] : {std::pair<int64_t, double>{2, 1.0}, {0, 0.65}, {3, 0.75}}) {
    Data<float> data = known({0.1, 0.2, 0.3, 0.4}, {0, 0.42, 0.44, 0.99}, top_k, top_p);
    data.run(GetParam());
    EXPECT_EQ(data.tokens, (Tokens{2, 2, 3, 3})) << top_k << " " << top_p;
    EXPECT_NEAR(data.logprobs[0], std::log(0.3), 1e-6);
    EXPECT_NEAR(data.logprobs[3], std::log(0.4), 1e-6);
  }
}

TEST_P(SampleTest, BansComeBeforeTheFilters) {
  // Without id 3 the two best are 2 and 1, shares 0.4 and 0.6; the log-probability stays that of all four.
  Data<float> data = known({0.1, 0.2, 0.3, 0.4}, {0, 0.39, 0.41, 0.99}, 2);
  data.banned = {0, 0, 0, 1};
  data.run(GetParam());
  EXPECT_EQ(data.tokens, (Tokens{1, 1, 2, 2}));
  EXPECT_NEAR(data.logprobs[0], std::log(0.2), 1e-6);
}

TEST_P(SampleTest, BannedGiantDoesNotHideTheRest) {
  // e^-200 of the mass is left: below float32's range beside the giant, plenty on its own.
  Data<float> data = known({0.5, 0.5, 0.5}, {0.2, 0.7});
  data.banned = {0, 1, 0};
  for (const int row : {0, 1}) data.logits[row * 3 + 1] = 200;
  data.run(GetParam());
  EXPECT_EQ(data.tokens, (Tokens{0, 2}));
  EXPECT_NEAR(data.logprobs[0], std::log(0.5) - 200, 1e-4);
}

TEST_P(SampleTest, TiesGoToTheLowerId) {
  Data<float> data = known({0.2, 0.3, 0.3, 0.3, 0.2}, {0.1, 0.6}, 2);
  data.run(GetParam());
  EXPECT_EQ(data.tokens, (Tokens{1, 2}));
  data.c.temperature = 0;
  data.run(GetParam());
  EXPECT_EQ(data.tokens, (Tokens{1, 1}));
  EXPECT_NEAR(data.logprobs[0], std::log(0.3 / 1.3), 1e-6);
  data.banned = {0, 1, 0, 0, 0};
  data.run(GetParam());
  EXPECT_EQ(data.tokens, (Tokens{2, 2}));
}

TEST_P(SampleTest, EvenlySpacedNumbersGiveTheDistribution) {
  // Of N evenly spaced numbers an id of probability p gets N p, but for one at each end.
  const int draws = is_slow(GetParam()) ? 400 : 2000;
  std::vector<double> uniforms;
  for (int i = 0; i < draws; ++i) uniforms.push_back((i + 0.5) / draws);
  const std::vector<double> probabilities{0.05, 0.25, 0.001, 0.3, 0.399};
  Data<float> data = known(probabilities, uniforms);
  data.run(GetParam());
  std::vector<int> counts(5);
  for (const int32_t token : data.tokens) ++counts.at(token);
  for (int v = 0; v < 5; ++v) EXPECT_NEAR(counts[v], draws * probabilities[v], 1) << v;
}

TEST_P(SampleTest, RefusesRowsWithoutAnAnswer) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Data<float> data({"", 5, 3, 3, 1, 0, 1, false, 1});
  data.logits = {0,          nan, 0, 0,          kInfinity, 0,   -kInfinity, -kInfinity,
                 -kInfinity, 0,   1, -kInfinity, nan,       nan, nan};
  data.banned = {1, 1, 0};
  for (const float temperature : {1.0f, 0.0f}) {
    data.c.temperature = temperature;
    data.run(GetParam());
    EXPECT_EQ(data.tokens, (Tokens{-1, -1, -1, -1, -1}));
    for (const float logprob : data.logprobs) EXPECT_TRUE(std::isnan(logprob));
  }
}

TEST_P(SampleTest, ARowDoesNotDependOnItsNeighbours) {
  SampleCase c = kSampleCases[12];
  if (is_slow(GetParam())) c.rows = 20;
  Data<float> together(c);
  together.run(GetParam());
  for (const int64_t row : {int64_t{0}, c.rows / 3, c.rows - 1}) {
    Data<float> alone(c);
    alone.c.rows = 1;
    const auto first = alone.logits.begin() + row * alone.c.row_stride;
    alone.logits = {first, first + alone.c.row_stride};
    alone.uniforms = {alone.uniforms[row]};
    alone.run(GetParam());
    EXPECT_EQ(alone.tokens[0], together.tokens[row]);
    EXPECT_EQ(alone.logprobs[0], together.logprobs[row]);
  }
}

TEST(SampleCpu, LogprobIsThatOfTokenLogprob) {
  // The sampler's and the trainer's number for the same token, but for the float32 state of the latter
  // near 10.
  Data<bfloat16> data(kSampleCases[12]);
  data.run(Impl::kCpu);
  std::vector<float> max(data.c.rows), sum(max), target(max), logprob(max), lse(max);
  const TokenLogprobState state{max.data(), sum.data(), target.data(), nullptr};
  token_logprob_begin(state, data.c.rows);
  token_logprob_forward_tile_cpu<bfloat16>({data.logits.data(), data.tokens.data(), data.c.rows,
                                            data.c.vocabulary, data.c.row_stride, 0, 1 / data.c.temperature},
                                           state);
  token_logprob_finish(state, data.tokens.data(), data.c.rows, {logprob.data(), lse.data(), nullptr});
  expect_close(data.logprobs, logprob, 0, 1e-6, "logprob");
}

}  // namespace
}  // namespace vqat::kernels
