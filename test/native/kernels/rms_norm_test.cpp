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
  std::vector<float> rstd, dweight, scratch;  // scratch: NaN until the kernel writes

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
        scratch(rms_norm_backward_scratch(rows, width), NAN) {}

  void forward(Impl impl) {
    Lender lender(impl);
    const RmsNormForward<T> args{.x = lender.lend(x),
                                 .weight = lender.lend(weight),
                                 .y = lender.lend(y),
                                 .rstd = lender.lend(rstd),
                                 .rows = rows,
                                 .width = width,
                                 .eps = kEps};
    if (impl == Impl::kReference) rms_norm_forward_ref(args);
    if (impl == Impl::kCpu) rms_norm_forward_cpu(args);
    if (impl == Impl::kCuda) VQAT_ON_DEVICE(rms_norm_forward_cuda(args, nullptr));
    lender.take_back();
  }
  void backward(Impl impl, bool frozen = false) {
    Lender lender(impl);
    const RmsNormBackward<T> args{.dy = lender.lend(dy),
                                  .x = lender.lend(x),
                                  .weight = lender.lend(weight),
                                  .rstd = lender.lend(rstd),
                                  .dx = lender.lend(dx),
                                  .dweight = frozen ? nullptr : lender.lend(dweight),
                                  .rows = rows,
                                  .width = width};
    if (impl == Impl::kReference) rms_norm_backward_ref(args);
    if (impl == Impl::kCpu) rms_norm_backward_cpu(args);
    if (impl == Impl::kCuda) VQAT_ON_DEVICE(rms_norm_backward_cuda(args, lender.lend(scratch), nullptr));
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

TEST(RmsNormCpu, DxMayOverwriteDy) {
  Data<bfloat16> apart(kRmsNormCases[3]), over(kRmsNormCases[3]);
  apart.forward(Impl::kCpu);
  apart.backward(Impl::kCpu);
  over.forward(Impl::kCpu);
  rms_norm_backward_cpu<bfloat16>({.dy = over.dy.data(),
                                   .x = over.x.data(),
                                   .weight = over.weight.data(),
                                   .rstd = over.rstd.data(),
                                   .dx = over.dy.data(),
                                   .dweight = over.dweight.data(),
                                   .rows = over.rows,
                                   .width = over.width});
  expect_close(over.dy, apart.dx, 0, 0, "dx");
  EXPECT_EQ(over.dweight, apart.dweight);
}

}  // namespace
}  // namespace vqat::kernels
