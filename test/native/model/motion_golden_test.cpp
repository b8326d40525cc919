// The motion feature against pytorchvideo's SlowFast, recorded by test/goldens/recipes/slowfast.py.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "model/motion.h"
#include "motion_cases.h"

namespace vqat::model {
namespace {

const std::string kFilePrefix = "slowfast_model.feature_extraction.";

struct Golden {
  ParameterStore parameters;
  at::Tensor expected;
  int64_t frames = 0, size = 0;
};

// Just enough of safetensors for files that the recipe wrote: float32 tensors, and counters that are left
// out.
void read_golden(const std::filesystem::path& path, Golden& golden) {
  std::ifstream file(path, std::ios::binary);
  uint64_t header_size = 0;
  file.read(reinterpret_cast<char*>(&header_size), 8);
  std::string header(header_size, ' ');
  file.read(header.data(), std::streamsize(header_size));
  ASSERT_TRUE(file) << path;
  std::smatch match;
  const auto metadata = [&](const std::string& key) {
    EXPECT_TRUE(std::regex_search(header, match, std::regex("\"" + key + "\":\"(\\d+)\""))) << path << key;
    return std::stoll(match[1]);
  };
  golden.frames = metadata("frames");
  golden.size = metadata("size");
  const std::regex entry(
      R"re("([^"]+)":\{"dtype":"F32","shape":\[([\d,]*)\],"data_offsets":\[(\d+),(\d+)\]\})re");
  for (std::sregex_iterator it(header.begin(), header.end(), entry), end; it != end; ++it) {
    std::vector<int64_t> shape;
    std::stringstream sizes((*it)[2]);
    for (std::string text; std::getline(sizes, text, ',');) shape.push_back(std::stoll(text));
    at::Tensor tensor = at::empty(shape);
    file.seekg(std::streamoff(8 + header_size + std::stoull((*it)[3])));
    file.read(static_cast<char*>(tensor.data_ptr()), std::streamsize(tensor.nbytes()));
    ASSERT_TRUE(file) << (*it)[1];
    const std::string name = (*it)[1];
    if (name == "expected")
      golden.expected = tensor;
    else
      golden.parameters.add("motion." + name.substr(kFilePrefix.size()), tensor);
  }
}

// The recipe's formula.
at::Tensor golden_pixels(int64_t frames, int64_t size) {
  at::Tensor pixels = at::empty({1, frames, 3, size, size});
  float* out = pixels.data_ptr<float>();
  for (int64_t i = 0; i < pixels.numel(); ++i)
    out[i] = float(std::sin(double(i * i % 10007) * 0.7 + double(i % 13)));
  return pixels;
}

void expect_golden(const std::filesystem::path& path) {
  Golden golden;
  read_golden(path, golden);
  const MotionNet net(golden.parameters);
  const at::Tensor feature = net.forward(golden_pixels(golden.frames, golden.size))[0];
  ASSERT_EQ(feature.sizes(), golden.expected.sizes());
  const double error = testing::relative_error(feature, golden.expected);
  std::ostringstream text;
  text << error;
  ::testing::Test::RecordProperty(path.stem().string(), text.str());
  EXPECT_LE(error, 1e-5) << path;
}

TEST(MotionGoldenTest, TwoStages) { expect_golden(VQAT_GOLDENS "/slowfast/two-stages.safetensors"); }
TEST(MotionGoldenTest, FourStages) { expect_golden(VQAT_GOLDENS "/slowfast/four-stages.safetensors"); }

// Files too large to store, such as the recipe's --real-widths: VQAT_MOTION_GOLDENS names their folder.
TEST(MotionGoldenTest, FilesOfTheUser) {
  const char* folder = std::getenv("VQAT_MOTION_GOLDENS");
  if (!folder) GTEST_SKIP() << "VQAT_MOTION_GOLDENS names no folder";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) expect_golden(entry.path());
}

}  // namespace
}  // namespace vqat::model
