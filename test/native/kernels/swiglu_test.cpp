// swiglu: every twin against the reference over the case table, the reference's gradient by finite
// differences.
#include "kernels/swiglu/swiglu.h"

#include "harness.h"
#include "swiglu_cases.h"

namespace vqat::kernels {
namespace {

template <class T>
struct Data {
  int64_t rows, width;
  std::vector<T> gate_up, dy, y, dgate_up;
  const void* odd = nullptr;  // the array that lies at an odd address on the device
  bool in_place = false;

  explicit Data(const SwigluCase& c)
      : rows(c.rows),
        width(c.width),
        gate_up(normal<T>(2 * rows * width, 1, c.scale)),
        dy(normal<T>(rows * width, 2)),
        y(rows * width),
        dgate_up(2 * rows * width) {}

  void forward(Impl impl) {
    Lender lender(impl, odd);
    const SwigluForward<T> args{
        .gate_up = lender.lend(gate_up), .y = lender.lend(y), .rows = rows, .width = width};
    if (impl == Impl::kReference) swiglu_forward_ref(args);
    if (impl == Impl::kCpu) swiglu_forward_cpu(args);
    if (impl == Impl::kCuda) VQAT_ON_DEVICE(swiglu_forward_cuda(args, nullptr));
    lender.take_back();
  }
  void backward(Impl impl) {
    Lender lender(impl, odd);
    T* input = lender.lend(gate_up);
    const SwigluBackward<T> args{.dy = lender.lend(dy),
                                 .gate_up = input,
                                 .dgate_up = in_place ? input : lender.lend(dgate_up),
                                 .rows = rows,
                                 .width = width};
    if (impl == Impl::kReference) swiglu_backward_ref(args);
    if (impl == Impl::kCpu) swiglu_backward_cpu(args);
    if (impl == Impl::kCuda) VQAT_ON_DEVICE(swiglu_backward_cuda(args, nullptr));
    lender.take_back();
  }
};

class Swiglu : public KernelTest {};
VQAT_EVERY_TWIN(Swiglu);

template <class T>
void compare(Impl impl, std::span<const SwigluCase> cases) {
  for (const SwigluCase& c : cases) {
    SCOPED_TRACE(c.name);
    Data<T> want(c), got(c);
    want.forward(Impl::kReference);
    got.forward(impl);
    // Far below zero silu has left float32's range: there an absolute bound of 1e-30 takes over.
    expect_close(got.y, want.y, relative_bound<T>(1e-6), 1e-30, "y");
    want.backward(Impl::kReference);
    got.backward(impl);
    // 1 + gate * (1 - sigmoid) crosses zero, where only an absolute bound holds.
    expect_close(got.dgate_up, want.dgate_up, relative_bound<T>(1e-6), 1e-6 * (1 + c.scale), "dgate_up");
  }
}

TEST_P(Swiglu, Float32MatchesReference) { compare<float>(GetParam(), kSwigluCases); }
TEST_P(Swiglu, Bfloat16MatchesReference) { compare<bfloat16>(GetParam(), kSwigluCases); }
TEST_P(Swiglu, Float32AtAwkwardSizes) { compare<float>(GetParam(), kSwigluAwkwardCases); }
TEST_P(Swiglu, Bfloat16AtAwkwardSizes) { compare<bfloat16>(GetParam(), kSwigluAwkwardCases); }

TEST_P(Swiglu, GateColumnsComeFirst) {
  Data<float> data({"", 1, 2, 1});
  data.gate_up = {0, 100, 5, 7};
  data.forward(GetParam());
  EXPECT_EQ(data.y[0], 0);
  EXPECT_EQ(data.y[1], 700);
}

TEST(SwigluReference, GradientMatchesFiniteDifferences) {
  Data<float> data({"", 2, 5, 1});
  data.backward(Impl::kReference);
  const auto loss = [&] {
    data.forward(Impl::kReference);
    return dot(data.y, data.dy);
  };
  expect_gradient(data.gate_up, data.dgate_up, loss, "dgate_up");
}

TEST_P(Swiglu, GradientMayOverwriteItsInput) {
  Data<float> apart(kSwigluCases[3]), over(kSwigluCases[3]);
  apart.backward(GetParam());
  over.in_place = true;
  over.backward(GetParam());
  EXPECT_EQ(over.gate_up, apart.dgate_up);
}

// At an odd address, though the width would allow wide accesses.
TEST_P(Swiglu, AnyArrayMayLieAnywhere) {
  Data<bfloat16> want(kSwigluCases[3]), got(kSwigluCases[3]);
  want.forward(GetParam());
  want.backward(GetParam());
  for (const void* array : {&got.gate_up, &got.dy, &got.y, &got.dgate_up}) {
    got.odd = array;
    got.forward(GetParam());
    got.backward(GetParam());
    expect_close(got.y, want.y, 0, 0, "y");
    expect_close(got.dgate_up, want.dgate_up, 0, 0, "dgate_up");
  }
}

TEST(SwigluCuda, RefusesMoreRowsThanAGridHas) {
  SwigluForward<float> forward{};
  SwigluBackward<float> backward{};
  forward.rows = backward.rows = int64_t{1} << 31;
  forward.width = backward.width = 1;
  EXPECT_NE(
      refusal_of([&] { swiglu_forward_cuda(forward, nullptr); }).find("swiglu_forward: expected a grid"),
      std::string::npos);
  EXPECT_NE(
      refusal_of([&] { swiglu_backward_cuda(backward, nullptr); }).find("swiglu_backward: expected a grid"),
      std::string::npos);
}

}  // namespace
}  // namespace vqat::kernels
