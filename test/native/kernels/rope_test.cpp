// rope: every twin against the reference over the case table, and the laws of a rotation.
#include "kernels/rope/rope.h"

#include "harness.h"
#include "rope_cases.h"

namespace vqat::kernels {
namespace {

template <class T>
struct Data {
  RopeCase c;
  std::vector<T> x;
  std::vector<int32_t> positions;
  std::vector<float> cosine, sine;
  const void* odd = nullptr;  // the array that lies at an odd address on the device

  explicit Data(const RopeCase& c)
      : c(c), x(normal<T>(c.rows * c.row_stride, 1)), positions(integers(c.rows, c.positions, 2)) {
    const int64_t half = c.head_dim / 2;
    for (int64_t i = 0; i < c.positions * half; ++i) {
      const double angle = (i / half) * std::pow(1e6, -2.0 * (i % half) / c.head_dim);
      cosine.push_back(static_cast<float>(std::cos(angle)));
      sine.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  void run(Impl impl, bool inverse = false) {
    Lender lender(impl, odd);
    const Rope<T> args{.x = lender.lend(x),
                       .positions = lender.lend(positions),
                       .cos = lender.lend(cosine),
                       .sin = lender.lend(sine),
                       .rows = c.rows,
                       .heads = c.heads,
                       .head_dim = c.head_dim,
                       .row_stride = c.row_stride,
                       .inverse = inverse};
    if (impl == Impl::kReference) rope_ref(args);
    if (impl == Impl::kCpu) rope_cpu(args);
    if (impl == Impl::kCuda) VQAT_ON_DEVICE(rope_cuda(args, nullptr));
    lender.take_back();
  }
};

class RopeTest : public KernelTest {};
VQAT_EVERY_TWIN(RopeTest);

template <class T>
void compare(Impl impl, std::span<const RopeCase> cases) {
  for (const RopeCase& c : cases) {
    for (const bool inverse : {false, true}) {
      SCOPED_TRACE(c.name);
      Data<T> want(c), got(c);
      want.run(Impl::kReference, inverse);
      got.run(impl, inverse);
      // Two products of size 1 that may cancel: the bound is absolute, inputs stay below 5.
      expect_close(got.x, want.x, relative_bound<T>(0), 5e-7, "x");
    }
  }
}

TEST_P(RopeTest, Float32MatchesReference) { compare<float>(GetParam(), kRopeCases); }
TEST_P(RopeTest, Bfloat16MatchesReference) { compare<bfloat16>(GetParam(), kRopeCases); }
TEST_P(RopeTest, Float32AtAwkwardSizes) { compare<float>(GetParam(), kRopeAwkwardCases); }
TEST_P(RopeTest, Bfloat16AtAwkwardSizes) { compare<bfloat16>(GetParam(), kRopeAwkwardCases); }

TEST_P(RopeTest, InverseUndoesTheRotation) {
  Data<float> data(kRopeCases[4]);
  const std::vector<float> before = data.x;
  data.run(GetParam());
  EXPECT_GT(std::fabs(data.x[1] - before[1]), 1e-3);
  data.run(GetParam(), true);
  expect_close(data.x, before, 0, 2e-6, "x");
}

TEST_P(RopeTest, LeavesTheGapBetweenRowsAlone) {
  Data<float> data(kRopeCases[3]);
  const std::vector<float> before = data.x;
  data.run(GetParam());
  const RopeCase& c = data.c;
  for (int64_t i = 0; i < static_cast<int64_t>(before.size()); ++i) {
    if (i % c.row_stride < c.heads * c.head_dim) continue;
    EXPECT_EQ(data.x[i], before[i]) << i;
  }
}

// At an odd address, though the width would allow wide accesses.
TEST_P(RopeTest, AnyArrayMayLieAnywhere) {
  Data<bfloat16> want(kRopeCases[4]);
  want.run(GetParam());
  for (const int which : {0, 1, 2}) {
    Data<bfloat16> got(kRopeCases[4]);
    const void* arrays[] = {&got.x, &got.cosine, &got.sine};
    got.odd = arrays[which];
    got.run(GetParam());
    expect_close(got.x, want.x, 0, 0, "x");
  }
}

TEST(RopeCuda, RefusesMoreRowsThanAGridHas) {
  Rope<float> args{};
  args.rows = int64_t{1} << 37;  // 64 of these short rows are a block's
  args.heads = 2;
  args.head_dim = 4;
  args.row_stride = 8;
  EXPECT_NE(refusal_of([&] { rope_cuda(args, nullptr); }).find("rope: expected a grid"), std::string::npos);
}

TEST_P(RopeTest, PairsTheTwoHalves) {
  // A quarter turn at position 1: (a, b) becomes (-b, a), a from the first half and b from the second.
  Data<float> data({"", 1, 1, 4, 4, 2});
  data.positions = {1};
  data.cosine.assign(4, 0);
  data.sine.assign(4, 1);
  data.x = {1, 2, 3, 4};
  data.run(GetParam());
  EXPECT_EQ(data.x, (std::vector<float>{-3, -4, 1, 2}));
}

TEST_P(RopeTest, ScoresDependOnTheDistanceOnly) {
  // q at 3 with k at 1 scores as q at 23 with k at 21.
  Data<float> data({"", 4, 1, 64, 64, 50});
  data.positions = {3, 1, 23, 21};
  for (int64_t j = 0; j < 64; ++j) {
    data.x[128 + j] = data.x[j];
    data.x[192 + j] = data.x[64 + j];
  }
  data.run(GetParam());
  double near = 0, far = 0;
  for (int64_t j = 0; j < 64; ++j) {
    near += data.x[j] * data.x[64 + j];
    far += data.x[128 + j] * data.x[192 + j];
  }
  EXPECT_NEAR(near, far, 2e-5);
}

}  // namespace
}  // namespace vqat::kernels
