// token_logprob: every twin against the reference over the case table, masked rows, and the gradient's laws.
#include "kernels/token_logprob/token_logprob.h"

#include <limits>

#include "harness.h"
#include "token_logprob_cases.h"

namespace vqat::kernels {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

template <class T>
struct Data {
  TokenLogprobCase c;
  std::vector<T> logits;  // [rows, vocabulary]
  std::vector<int32_t> targets;
  std::vector<float> max, sum, target_logit, logprob, lse, coef;
  std::vector<float> below, entropy, entropy_coef;  // empty: no entropy is wanted
  std::vector<T> dlogits;

  explicit Data(const TokenLogprobCase& c)
      : c(c),
        logits(normal<T>(c.rows * c.vocabulary, 1, c.scale)),
        targets(integers(c.rows, c.vocabulary, 2)),
        max(c.rows),
        sum(c.rows),
        target_logit(c.rows),
        logprob(c.rows),
        lse(c.rows),
        coef(normal(c.rows, 3)),
        dlogits(c.rows * c.vocabulary) {
    for (T& logit : logits) logit = static_cast<float>(logit) + static_cast<float>(c.shift);
    // The first and the last id, and a masked row, wherever there is room for them.
    if (c.rows > 2) {
      targets[0] = 0;
      targets[1] = static_cast<int32_t>(c.vocabulary - 1);
      targets[2] = -1;
    }
  }

  void want_entropy() {
    below.resize(c.rows);
    entropy.resize(c.rows);
    entropy_coef = normal(c.rows, 4);
  }

  // Copies columns [begin, begin + width) to or from a tile of the case's stride.
  std::vector<T> tile(int64_t begin, int64_t width) const {
    std::vector<T> values(c.rows * c.row_stride, T(-77.0f));
    for (int64_t i = 0; i < c.rows; ++i) {
      for (int64_t v = 0; v < width; ++v) values[i * c.row_stride + v] = logits[i * c.vocabulary + begin + v];
    }
    return values;
  }

  void forward(Impl impl) {
    Lender lender(impl);
    const TokenLogprobState state{lender.lend_unwritten(max), lender.lend_unwritten(sum),
                                  lender.lend_unwritten(target_logit), lender.lend_unwritten(below)};
    const int32_t* ids = lender.lend(targets);
    const TokenLogprobResult out{lender.lend_unwritten(logprob), lender.lend_unwritten(lse),
                                 lender.lend_unwritten(entropy)};
    if (impl == Impl::kCuda) {
      VQAT_ON_DEVICE(token_logprob_begin_cuda(state, c.rows, nullptr));
    } else {
      token_logprob_begin(state, c.rows);
    }
    for (int64_t begin = 0; begin < c.vocabulary; begin += c.tile) {
      const int64_t width = std::min(c.tile, c.vocabulary - begin);
      std::vector<T> values = tile(begin, width);
      Lender tile_lender(impl);
      const TokenLogprobTile<T> args{tile_lender.lend(values), ids, c.rows, width, c.row_stride, begin,
                                     c.inv_temperature};
      if (impl == Impl::kReference) token_logprob_forward_tile_ref(args, state);
      if (impl == Impl::kCpu) token_logprob_forward_tile_cpu(args, state);
      if (impl == Impl::kCuda) VQAT_ON_DEVICE(token_logprob_forward_tile_cuda(args, state, nullptr));
    }
    if (impl == Impl::kCuda) {
      VQAT_ON_DEVICE(token_logprob_finish_cuda(state, ids, c.rows, out, nullptr));
    } else {
      token_logprob_finish(state, ids, c.rows, out);
    }
    lender.take_back();
  }

  // In place, as the trainer does.
  void backward(Impl impl) {
    for (int64_t begin = 0; begin < c.vocabulary; begin += c.tile) {
      const int64_t width = std::min(c.tile, c.vocabulary - begin);
      std::vector<T> values = tile(begin, width);
      Lender lender(impl);
      T* lent = lender.lend(values);
      const TokenLogprobGradient gradient{lender.lend(lse), lender.lend(coef), lender.lend(entropy),
                                          lender.lend(entropy_coef)};
      const TokenLogprobTile<T> args{lent,  lender.lend(targets), c.rows, width, c.row_stride,
                                     begin, c.inv_temperature};
      if (impl == Impl::kReference) token_logprob_backward_tile_ref(args, gradient, lent);
      if (impl == Impl::kCpu) token_logprob_backward_tile_cpu(args, gradient, lent);
      if (impl == Impl::kCuda) {
        VQAT_ON_DEVICE(token_logprob_backward_tile_cuda(args, gradient, lent, nullptr));
      }
      lender.take_back();
      for (int64_t i = 0; i < c.rows; ++i) {
        for (int64_t v = 0; v < c.row_stride; ++v) {
          if (v < width) {
            dlogits[i * c.vocabulary + begin + v] = values[i * c.row_stride + v];
          } else {
            ASSERT_EQ(static_cast<float>(values[i * c.row_stride + v]), -77.0f) << "the gap was written";
          }
        }
      }
    }
  }
};

class TokenLogprob : public KernelTest {};
VQAT_EVERY_TWIN(TokenLogprob);

template <class T>
void compare(Impl impl, std::span<const TokenLogprobCase> cases) {
  for (const TokenLogprobCase& c : cases) {
    SCOPED_TRACE(c.name);
    Data<T> want(c), got(c);
    want.forward(Impl::kReference);
    got.forward(impl);
    // z and lse are float32 numbers: their difference keeps a few units of the larger of them.
    const double units = 4e-7 * (1 + std::fabs(c.shift) * c.inv_temperature / 4);
    expect_close(got.lse, want.lse, 4e-7, 4e-7, "lse");
    expect_close(got.logprob, want.logprob, 4e-7, units, "logprob");
    got.lse = want.lse;
    want.backward(Impl::kReference);
    got.backward(impl);
    // exp(z - lse) carries the rounding of z, |z| * 2^-24, into a factor.
    const double largest = (4 * c.scale + std::fabs(c.shift)) * c.inv_temperature;
    expect_close(got.dlogits, want.dlogits, relative_bound<T>(1e-6 + 2e-7 * largest),
                 2e-7 * c.inv_temperature, "dlogits");
  }
}

TEST_P(TokenLogprob, Float32MatchesReference) { compare<float>(GetParam(), kTokenLogprobCases); }
TEST_P(TokenLogprob, Bfloat16MatchesReference) { compare<bfloat16>(GetParam(), kTokenLogprobCases); }
TEST_P(TokenLogprob, Float32AtAwkwardSizes) { compare<float>(GetParam(), kTokenLogprobAwkwardCases); }
TEST_P(TokenLogprob, Bfloat16AtAwkwardSizes) { compare<bfloat16>(GetParam(), kTokenLogprobAwkwardCases); }

template <class T>
void compare_entropies(Impl impl, std::span<const TokenLogprobCase> cases) {
  for (const TokenLogprobCase& c : cases) {
    SCOPED_TRACE(c.name);
    Data<T> want(c), got(c), without(c);
    want.want_entropy();
    got.want_entropy();
    want.forward(Impl::kReference);
    got.forward(impl);
    without.forward(impl);
    // To the bit what a pass without entropies gives.
    EXPECT_EQ(got.logprob, without.logprob);
    EXPECT_EQ(got.lse, without.lse);
    // A difference of numbers of its own size, which are float32 between tiles; exponents carry the rounding
    // of a logit, as above.
    const double largest = (4 * c.scale + std::fabs(c.shift)) * c.inv_temperature;
    expect_close(got.entropy, want.entropy, 1e-6, 1e-6 + 3e-7 * largest, "entropy");
    got.lse = want.lse;
    got.entropy = want.entropy;
    want.backward(Impl::kReference);
    got.backward(impl);
    expect_close(got.dlogits, want.dlogits, relative_bound<T>(1e-6 + 2e-7 * largest),
                 (2e-7 + 1e-8 * largest) * c.inv_temperature, "dlogits");
  }
}

TEST_P(TokenLogprob, Float32EntropiesMatchReference) {
  compare_entropies<float>(GetParam(), kTokenLogprobCases);
  compare_entropies<float>(GetParam(), kTokenLogprobAwkwardCases);
}
TEST_P(TokenLogprob, Bfloat16EntropiesMatchReference) {
  compare_entropies<bfloat16>(GetParam(), kTokenLogprobCases);
}

TEST_P(TokenLogprob, EntropyOfASureRowIsZero) {
  // One id with all the mass; and one of three with a third each, the others -inf.
  Data<float> data({"", 2, 10, 4, 4, 1, 1, 0});
  data.want_entropy();
  data.targets = {7, 2};
  data.entropy_coef = {1, 1};
  data.coef = {0, 0};
  for (int64_t v = 0; v < 10; ++v) {
    data.logits[v] = v == 7 ? 90.0f : -90.0f;
    data.logits[10 + v] = v % 4 == 2 || v == 0 ? 5.0f : kNone;
  }
  data.forward(GetParam());
  EXPECT_EQ(data.entropy[0], 0);
  EXPECT_NEAR(data.entropy[1], std::log(3.0), 1e-6);
  data.backward(GetParam());
  for (const float slope : data.dlogits) EXPECT_NEAR(slope, 0, 1e-6);
}

TEST_P(TokenLogprob, EqualLogitsShareTheMassEqually) {
  Data<float> data({"all equal", 4, 257, 100, 100, 1, 0, 2});
  data.want_entropy();
  data.forward(GetParam());
  EXPECT_NEAR(data.entropy[0], std::log(257.0), 2e-6);
  EXPECT_NEAR(data.logprob[0], -std::log(257.0), 1e-6);
  EXPECT_NEAR(data.logprob[1], -std::log(257.0), 1e-6);
}

TEST_P(TokenLogprob, MaskedRowIsZeroWithZeroGradient) {
  Data<float> data(kTokenLogprobCases[3]);
  data.want_entropy();
  data.forward(GetParam());
  data.backward(GetParam());
  EXPECT_EQ(data.logprob[2], 0);
  EXPECT_EQ(data.entropy[2], 0);
  for (int64_t v = 0; v < data.c.vocabulary; ++v) EXPECT_EQ(data.dlogits[2 * data.c.vocabulary + v], 0) << v;
}

TEST_P(TokenLogprob, GradientOfARowSumsToZero) {
  Data<float> data(kTokenLogprobCases[4]);
  data.forward(GetParam());
  data.backward(GetParam());
  for (int64_t i = 0; i < data.c.rows; ++i) {
    double sum = 0;
    for (int64_t v = 0; v < data.c.vocabulary; ++v) sum += data.dlogits[i * data.c.vocabulary + v];
    // Half a unit of a float32 log-sum-exp near 7 and the error of exp scale all probabilities alike.
    EXPECT_NEAR(sum, 0, 6e-7 * std::fabs(data.coef[i]) * data.c.inv_temperature) << i;
  }
}

TEST_P(TokenLogprob, TilesWithoutMassChangeNothing) {
  // Ids with logit -inf fill a whole first tile and part of the second.
  Data<float> data({"", 1, 12, 4, 4, 1, 1, 0});
  data.targets = {10};
  for (int64_t v = 0; v < 12; ++v) data.logits[v] = v < 6 ? kNone : static_cast<float>(v);
  data.forward(GetParam());
  double mass = 0;
  for (int v = 6; v < 12; ++v) mass += std::exp(v - 10.0);
  EXPECT_NEAR(data.logprob[0], -std::log(mass), 1e-6);
  data.backward(GetParam());
  for (int v = 0; v < 6; ++v) EXPECT_EQ(std::fabs(data.dlogits[v]), 0) << v;
}

TEST_P(TokenLogprob, AWideTileMayBeginWithoutMassAndEndInAGiant) {
  // Three rows of one tile: the first half is -inf; the first half towers over the second; the reverse.
  Data<float> data({"", 3, 10000, 10000, 10001, 1, 1, 0});
  data.targets = {9000, 3, 9000};
  for (int64_t v = 0; v < 10000; ++v) {
    const bool late = v >= 5000;
    data.logits[v] = late ? 2.0f : kNone;
    data.logits[10000 + v] = late ? 1.0f : 41.0f;
    data.logits[20000 + v] = late ? 41.0f : 1.0f;
  }
  data.forward(GetParam());
  for (int64_t i = 0; i < 3; ++i) EXPECT_NEAR(data.logprob[i], -std::log(5000.0), 1e-5) << i;
  for (const int64_t i : {1, 2}) EXPECT_NEAR(data.lse[i], 41 + std::log(5000.0), 1e-5) << i;
}

TEST_P(TokenLogprob, NanAnywhereReachesTheResult) {
  // One NaN in the first tile, a tile of nothing else, one in the last tile, and a clean row.
  Data<float> data({"", 4, 12, 4, 4, 1, 1, 0});
  data.targets = {7, 7, 7, 7};
  data.want_entropy();
  data.logits[2] = NAN;
  std::fill_n(data.logits.begin() + 12 + 4, 4, NAN);
  data.logits[2 * 12 + 11] = NAN;
  data.forward(GetParam());
  for (int row = 0; row < 3; ++row) {
    EXPECT_TRUE(std::isnan(data.logprob[row])) << row;
    EXPECT_TRUE(std::isnan(data.entropy[row])) << row;
  }
  EXPECT_TRUE(std::isfinite(data.logprob[3]));
}

TEST(TokenLogprobReference, GradientMatchesFiniteDifferences) {
  Data<float> data({"", 3, 11, 4, 4, 1.25f, 1, 0});
  data.want_entropy();
  data.forward(Impl::kReference);
  data.backward(Impl::kReference);
  const auto loss = [&] {
    data.forward(Impl::kReference);
    return dot(data.logprob, data.coef) + dot(data.entropy, data.entropy_coef);
  };
  expect_gradient(data.logits, data.dlogits, loss, "dlogits");
}

}  // namespace
}  // namespace vqat::kernels
