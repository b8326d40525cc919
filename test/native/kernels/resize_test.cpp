// resize: the reference against Pillow's bytes, the fast twin against the reference's.
#include "kernels/resize/resize.h"

#include <fstream>
#include <sstream>

#include "harness.h"
#include "resize_cases.h"

namespace vqat::kernels {
namespace {

using Kernel = void (*)(const Resize&);
using Bytes = std::vector<uint8_t>;

// Pixel by a formula of x, y and channel.
Bytes picture(int64_t width, int64_t height, const std::function<int64_t(int64_t, int64_t, int64_t)>& value) {
  Bytes bytes;
  for (int64_t i = 0; i < width * height * 3; ++i) {
    bytes.push_back(static_cast<uint8_t>(value(i / 3 % width, i / 3 / width, i % 3) % 256));
  }
  return bytes;
}

Bytes run(Kernel kernel, const Bytes& in, const ResizeCase& c) {
  Bytes out(c.out_width * c.out_height * 3, 99);
  kernel({in.data(), c.in_width, c.in_height, out.data(), c.out_width, c.out_height});
  return out;
}

class ResizeTest : public testing::TestWithParam<Kernel> {};
INSTANTIATE_TEST_SUITE_P(Twins, ResizeTest, testing::Values(&resize_ref, &resize_cpu),
                         [](const auto& info) { return info.index == 0 ? "Reference" : "Cpu"; });

TEST_P(ResizeTest, PillowsNumbersOfTheRampImage) {
  // Recorded from Pillow; the image is (7 x + 13 y + 50 c) mod 256 at 64 x 48.
  struct Want {
    int64_t width, height, sum;
    std::vector<int> row, centre, last;
  };
  const Bytes in = picture(64, 48, [](int64_t x, int64_t y, int64_t c) { return 7 * x + 13 * y + 50 * c; });
  for (const Want& want : {Want{28, 28, 301518, {10, 25, 42, 57, 73, 90}, {27, 83, 133}, {7, 68, 118}},
                           Want{80, 80, 2463179, {0, 4, 10, 15, 21, 26}, {16, 70, 120}, {29, 79, 129}},
                           Want{64, 28, 689515, {5, 12, 19, 26, 33, 40}, {17, 78, 128}, {14, 73, 123}}}) {
    const Bytes out = run(GetParam(), in, {64, 48, want.width, want.height});
    int64_t sum = 0;
    for (const uint8_t byte : out) sum += byte;
    EXPECT_EQ(sum, want.sum);
    const int64_t centre = (want.height / 2 * want.width + want.width / 2) * 3;
    for (int i = 0; i < 6; ++i) EXPECT_EQ(out[3 * i], want.row[i]);
    for (int c = 0; c < 3; ++c) EXPECT_EQ(out[centre + c], want.centre[c]);
    for (int c = 0; c < 3; ++c) EXPECT_EQ(out[out.size() - 3 + c], want.last[c]);
  }
}

TEST_P(ResizeTest, PillowsChecksumsOfRandomSizes) {
  // Made by test/goldens/recipes/resize.py.
  std::ifstream file(VQAT_TEST_DIR "/goldens/resize.txt");
  ASSERT_TRUE(file);
  int cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    ResizeCase c;
    int64_t seed;
    uint64_t want;
    std::istringstream(line) >> c.in_width >> c.in_height >> c.out_width >> c.out_height >> seed >>
        std::hex >> want;
    const Bytes in = picture(c.in_width, c.in_height, [seed](int64_t x, int64_t y, int64_t channel) {
      return x * x * 7 + y * 151 + channel * 89 + x / 5 * (y / 3) * 31 + seed * 17;
    });
    uint64_t hash = 0xCBF29CE484222325;
    for (const uint8_t byte : run(GetParam(), in, c)) hash = (hash ^ byte) * 0x100000001B3;
    EXPECT_EQ(hash, want) << line;
    ++cases;
  }
  EXPECT_EQ(cases, 24);
}

TEST(ResizeCpu, HasTheReferencesBytes) {
  for (const ResizeCase& c : kResizeCases) {
    const Bytes in = picture(c.in_width, c.in_height, [](int64_t x, int64_t y, int64_t channel) {
      return static_cast<int64_t>(
          uniform(7, static_cast<uint32_t>(x), static_cast<uint32_t>(3 * y + channel)) * 256);
    });
    EXPECT_EQ(run(resize_cpu, in, c), run(resize_ref, in, c))
        << c.in_width << " x " << c.in_height << " to " << c.out_width << " x " << c.out_height;
  }
}

TEST_P(ResizeTest, AConstantStaysConstant) {
  const Bytes in(20 * 30 * 3, 255);
  for (const uint8_t byte : run(GetParam(), in, {20, 30, 47, 11})) ASSERT_EQ(byte, 255);
}

}  // namespace
}  // namespace vqat::kernels
