// What a launch leaves for a later error's message, and what it says of an error before it
// (kernels/cuda/launch_log.h and device.cuh).
#include <string>

#include "tiny_kernels.h"

namespace vqat::emulation {
namespace {

using kernels::launch_log;

__global__ void add_one(int* value) { *value += 1; }

TEST(LaunchLog, HoldsEachNameOnceInOrder) {
  DeviceArray<int> value(std::vector<int>{0});
  launch_log.count = 0;
  for (const char* name : {"one", "two", "one"}) kernels::launch(name, add_one, 1, 1, nullptr, value.get());
  for (int i = 0; i < 2 * launch_log.kKept; ++i) EXPECT_EQ(outcome(add_one, 1, 1, value.get()), "");
  EXPECT_EQ(launch_log.count, 3);
  EXPECT_STREQ(launch_log.names[0], "one");
  EXPECT_STREQ(launch_log.names[1], "two");
  EXPECT_STREQ(launch_log.names[2], "tiny");
}

TEST(LaunchLog, AnErrorFromBeforeIsNotTheLaunchs) {
  DeviceArray<int> value(std::vector<int>{0});
  launch_log.count = 0;
  int host = 0;
  EXPECT_NE(cudaMemcpy(&host, value.get(), sizeof host, cudaMemcpyHostToDevice), cudaSuccess);
  const std::string told = outcome(add_one, 1, 1, value.get());
  EXPECT_EQ(told.find("tiny: not launched, because the device had failed before: "), 0u) << told;
  EXPECT_EQ(launch_log.count, 0);
  EXPECT_EQ(value.host()[0], 0);
  EXPECT_EQ(outcome(add_one, 1, 1, value.get()), "");
  EXPECT_EQ(value.host()[0], 1);
}

}  // namespace
}  // namespace vqat::emulation
