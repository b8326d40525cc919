// normalize: bits of every twin against the reference, the reference against numbers worked out by hand.
#include "kernels/normalize/normalize.h"

#include "harness.h"
#include "normalize_cases.h"

namespace vqat::kernels {
namespace {

class NormalizeTest : public KernelTest {};
VQAT_EVERY_TWIN(NormalizeTest);

template <class T>
void run(const NormalizeCase& c, Impl impl, std::vector<T>& out) {
  std::vector<uint8_t> frames;
  for (const int32_t byte : integers(c.frames * c.size * c.size * 3, 256, 1)) {
    frames.push_back(static_cast<uint8_t>(byte));
  }
  std::vector<int32_t> index = c.index;
  out.assign(std::ssize(index) * 3 * c.size * c.size, T(9.0f));
  Lender lender(impl);
  const Normalize<T> args{.frames = lender.lend(frames),
                          .index = lender.lend(index),
                          .out = lender.lend(out),
                          .count = std::ssize(index),
                          .size = c.size};
  if (impl == Impl::kReference) normalize_ref(args);
  if (impl == Impl::kCpu) normalize_cpu(args);
  if (impl == Impl::kCuda) VQAT_ON_DEVICE(normalize_cuda(args, nullptr));
  lender.take_back();
}

template <class T>
void compare(Impl impl) {
  for (const NormalizeCase& c : kNormalizeCases) {
    SCOPED_TRACE(c.name);
    std::vector<T> got, want;
    run(c, impl, got);
    run(c, Impl::kReference, want);
    expect_close(got, want, 0, 0, "out");
  }
}

TEST_P(NormalizeTest, Float32HasTheReferencesBits) { compare<float>(GetParam()); }
TEST_P(NormalizeTest, Bfloat16HasTheReferencesBits) { compare<bfloat16>(GetParam()); }

TEST(NormalizeReference, ChannelsBecomePlanes) {
  // Two pixels of a 2 x 2 frame are white, one is black, one is the mean colour rounded to bytes.
  const std::vector<uint8_t> frame{255, 255, 255, 0, 0, 0, 124, 116, 104, 255, 255, 255};
  const std::vector<int32_t> index{-1, 0};
  std::vector<float> out(24, 9);
  normalize_ref<float>({frame.data(), index.data(), out.data(), 2, 2});
  for (int i = 0; i < 12; ++i) EXPECT_EQ(out[i], 0);
  // (1 - mean) / std, -mean / std and (byte / 255 - mean) / std, in decimal.
  const float want[] = {2.2489083f,  -2.1179039f, 0.0055655f, 2.2489083f,  2.4285714f, -2.0357143f,
                        -0.0049020f, 2.4285714f,  2.6400000f, -1.8044444f, 0.0081917f, 2.6400000f};
  for (int i = 0; i < 12; ++i) EXPECT_NEAR(out[12 + i], want[i], 1e-6) << i;
}

}  // namespace
}  // namespace vqat::kernels
