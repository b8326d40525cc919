// rms_norm: every twin against the reference over the case table, the reference's gradient by finite
// differences.
#include "kernels/rms_norm/rms_norm.h"

#include "harness.h"
#include "rms_norm_cases.h"

namespace vqat::kernels {
namespace {

constexpr float kEps = 1e-6f;

template <class T>
struct Data {
  int64_t rows, width;
  std::vector<T> x, weight, dy, y, dx;
  const void* odd = nullptr;  // the array that lies at an odd address on the device
  bool in_place = false;
  std::vector<float> rstd, dweight, scratch;

  explicit Data(const RmsNormCase& c)
      : rows(c.rows),
        width(c.width),
        x(normal<T>(rows * width, 1, c.scale)),
        weight(normal<T>(width, 2)),
        dy(normal<T>(rows * width, 3)),
        y(rows * width),
        dx(rows * width),
        rstd(rows),
        dweight(normal(width, 4)),
        scratch(rms_norm_backward_scratch(rows, width)) {}

  void forward(Impl impl) {
    Lender lender(impl, odd);
    const RmsNormForward<T> args{.x = lender.lend(x),
                                 .weight = lender.lend(weight),
                                 .y = lender.lend(y),
                                 .rstd = lender.lend_unwritten(rstd),
                                 .rows = rows,
                                 .width = width,
                                 .eps = kEps};
    if (impl == Impl::kReference) rms_norm_forward_ref(args);
    if (impl == Impl::kCpu) rms_norm_forward_cpu(args);
    if (impl == Impl::kCuda) VQAT_ON_DEVICE(rms_norm_forward_cuda(args, nullptr));
    lender.take_back();
  }
  void backward(Impl impl, bool frozen = false) {
    Lender lender(impl, odd);
    T* gradient = lender.lend(dy);
    const RmsNormBackward<T> args{.dy = gradient,
                                  .x = lender.lend(x),
                                  .weight = lender.lend(weight),
                                  .rstd = lender.lend(rstd),
                                  .dx = in_place ? gradient : lender.lend(dx),
                                  .dweight = frozen ? nullptr : lender.lend(dweight),
                                  .rows = rows,
                                  .width = width};
    if (impl == Impl::kReference) rms_norm_backward_ref(args);
    if (impl == Impl::kCpu) rms_norm_backward_cpu(args);
    if (impl == Impl::kCuda)
      VQAT_ON_DEVICE(rms_norm_backward_cuda(args, lender.lend_unwritten(scratch), nullptr));
    lender.take_back();
  }
};

class RmsNorm : public KernelTest {};
VQAT_EVERY_TWIN(RmsNorm);

template <class T>
void compare(Impl impl, std::span<const RmsNormCase> cases) {
  for (const RmsNormCase& c : cases) {
    SCOPED_TRACE(c.name);
    Data<T> want(c), got(c);
    want.forward(Impl::kReference);
    got.forward(impl);
    expect_close(got.rstd, want.rstd, c.tolerance, 0, "rstd");
    // bfloat16 rounds twice: before the weight and after it.
    expect_close(got.y, want.y, relative_bound<T>(c.tolerance, 2), 0, "y");
    got.rstd = want.rstd;
    want.backward(Impl::kReference);
    got.backward(impl);
    // Both terms of dx may cancel: the bound is relative to their size, |dy weight| rstd < 20 rstd here.
    const double size = want.rstd.empty() ? 0 : 20 * want.rstd[0];
    expect_close(got.dx, want.dx, relative_bound<T>(0), c.tolerance * size, "dx");
    // A flip of the rounding before the weight moves a bfloat16 term by one unit.
    const double terms = std::sqrt(static_cast<double>(c.rows) + 1);
    expect_close(got.dweight, want.dweight, c.tolerance, relative_bound<T>(c.tolerance, 0.1) * terms,
                 "dweight");
  }
}

TEST_P(RmsNorm, Float32MatchesReference) { compare<float>(GetParam(), kRmsNormCases); }
TEST_P(RmsNorm, Bfloat16MatchesReference) { compare<bfloat16>(GetParam(), kRmsNormCases); }
TEST_P(RmsNorm, Float32AtAwkwardSizes) { compare<float>(GetParam(), kRmsNormAwkwardCases); }
TEST_P(RmsNorm, Bfloat16AtAwkwardSizes) { compare<bfloat16>(GetParam(), kRmsNormAwkwardCases); }

TEST_P(RmsNorm, FrozenWeightGetsNoGradient) {
  Data<float> data(kRmsNormCases[3]);
  data.forward(GetParam());
  const std::vector<float> before = data.dweight;
  data.backward(GetParam(), true);
  EXPECT_EQ(data.dweight, before);
}

TEST_P(RmsNorm, RowsOfUnitSquareKeepTheirSize) {
  // All elements +-3 and weight 1: y is x / 3, because eps vanishes beside 9.
  Data<float> data({"", 4, 48, 1, 0});
  for (size_t i = 0; i < data.x.size(); ++i) data.x[i] = i % 3 ? 3.0f : -3.0f;
  data.weight.assign(48, 1);
  data.forward(GetParam());
  for (size_t i = 0; i < data.y.size(); ++i) EXPECT_NEAR(data.y[i], i % 3 ? 1 : -1, 2e-7);
}

TEST(RmsNormReference, GradientMatchesFiniteDifferences) {
  Data<float> data({"", 2, 9, 1, 0});
  data.dweight.assign(9, 0);
  data.forward(Impl::kReference);
  data.backward(Impl::kReference);
  const auto loss = [&] {
    data.forward(Impl::kReference);
    return dot(data.y, data.dy);
  };
  expect_gradient(data.x, data.dx, loss, "dx", 1e-4);
  expect_gradient(data.weight, data.dweight, loss, "dweight");
}

TEST_P(RmsNorm, DxMayOverwriteDy) {
  Data<bfloat16> apart(kRmsNormCases[3]), over(kRmsNormCases[3]);
  over.in_place = true;
  for (Data<bfloat16>* data : {&apart, &over}) {
    data->forward(GetParam());
    data->backward(GetParam());
  }
  expect_close(over.dy, apart.dx, 0, 0, "dx");
  EXPECT_EQ(over.dweight, apart.dweight);
}

// At an odd address, though the width would allow wide accesses.
TEST_P(RmsNorm, AnyArrayMayLieAnywhere) {
  Data<bfloat16> want(kRmsNormCases[3]);
  want.forward(GetParam());
  want.backward(GetParam());
  for (const int which : {0, 1, 2, 3, 4}) {
    Data<bfloat16> got(kRmsNormCases[3]);
    const void* arrays[] = {&got.x, &got.weight, &got.dy, &got.y, &got.dx};
    got.odd = arrays[which];
    got.forward(GetParam());
    got.backward(GetParam());
    expect_close(got.y, want.y, 0, 0, "y");
    expect_close(got.dx, want.dx, 0, 0, "dx");
    EXPECT_EQ(got.dweight, want.dweight);
  }
}

TEST(RmsNormCuda, PartsHoldEveryRowOnce) {
  for (const int64_t rows : {1, 31, 32, 33, 700, 8192, 1000000}) {
    for (const int64_t width : {1, 96, 896, 3584}) {
      const RmsNormParts parts = rms_norm_parts(rows, width);
      EXPECT_GE(parts.rows * parts.count, rows);
      EXPECT_LT(parts.rows * (parts.count - 1), rows);
    }
  }
  // 7 blocks of columns: an H200 has 132 multiprocessors.
  EXPECT_EQ(7 * rms_norm_parts(8192, 896).count, 1043);
}

TEST(RmsNormCuda, RefusesMoreRowsThanAGridHas) {
  RmsNormForward<float> forward{};
  RmsNormBackward<float> backward{};
  forward.rows = backward.rows = int64_t{1} << 31;
  forward.width = backward.width = 1;
  EXPECT_NE(
      refusal_of([&] { rms_norm_forward_cuda(forward, nullptr); }).find("rms_norm_forward: expected a grid"),
      std::string::npos);
  EXPECT_NE(refusal_of([&] {
              rms_norm_backward_cuda(backward, nullptr, nullptr);
            }).find("rms_norm_backward, input: expected a grid"),
            std::string::npos);
}

}  // namespace
}  // namespace vqat::kernels
