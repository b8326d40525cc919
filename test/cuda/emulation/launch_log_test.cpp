// What a launch leaves for a later error's message, and what it says of an error before it
// (kernels/cuda/launch_log.h and device.cuh).
#include <string>

#include "tiny_kernels.h"

namespace vqat::emulation {
namespace {

using kernels::launch_log;

__global__ void add_one(int* value) { *value += 1; }

TEST(LaunchLog, HoldsTheLastNamesInOrder) {
  DeviceArray<int> value(std::vector<int>{0});
  launch_log.count = 0;
  for (int64_t i = 0; i < launch_log.kKept; ++i) EXPECT_EQ(outcome(add_one, 1, 1, value.get()), "");
  kernels::launch("the last", add_one, 1, 1, nullptr, value.get());
  EXPECT_EQ(launch_log.count, launch_log.kKept + 1);
  EXPECT_STREQ(launch_log.names[0], "the last");  // the oldest made room
  EXPECT_STREQ(launch_log.names[1], "tiny");
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
