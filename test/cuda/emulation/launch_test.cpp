// Launches: places of threads and blocks, what a card refuses, pointers that lead nowhere, shared memory.
#include <algorithm>
#include <set>

#include "tiny_kernels.h"

namespace vqat::emulation {
namespace {

using Ints = std::vector<int>;

__global__ void place_of(int* out) {
  const int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  out[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread;
}

TEST(Launch, EveryThreadOfEveryBlockRunsOnceInItsPlace) {
  constexpr int kBlocks = 2 * 3 * 2, kThreads = 5 * 2 * 3;
  Ints want;
  for (int b = 0; b < kBlocks; ++b)
    for (int t = 0; t < kThreads; ++t) want.push_back(b * 1000 + t);
  for (const Settings& s :
       {kForward, kHigh, Settings{.order = Order::kRandom, .blocks = BlockOrder::kRandom}}) {
    const With with(s);
    DeviceArray<int> out(want.size());
    EXPECT_EQ(outcome(place_of, dim3(2, 3, 2), dim3(5, 2, 3), out.get()), "");
    EXPECT_EQ(out.host(), want);
  }
}

__global__ void note_order(int* next, int* out) {
  if (threadIdx.x == 0) out[atomicAdd(next, 1)] = blockIdx.x;
}

TEST(Launch, BlocksComeInTheOrderThatIsSet) {
  std::set<Ints> orders;
  for (const BlockOrder order : {BlockOrder::kForward, BlockOrder::kReverse, BlockOrder::kRandom}) {
    const With with({.blocks = order});
    DeviceArray<int> next(Ints{0}), out(20);
    EXPECT_EQ(outcome(note_order, 20, 32, next.get(), out.get()), "");
    Ints came = out.host();
    orders.insert(came);
    std::sort(came.begin(), came.end());
    for (int b = 0; b < 20; ++b) EXPECT_EQ(came[b], b);
  }
  EXPECT_EQ(orders.size(), 3u);
}

__global__ void nothing(int) {}

TEST(Launch, WhatACardRefusesIsRefused) {
  EXPECT_EQ(outcome(nothing, dim3(1, 65535, 1), 1, 0), "");
  EXPECT_EQ(outcome(nothing, 1, 1024, 0), "");
  for (const auto& [grid, block] : {std::pair<dim3, dim3>{1, 1025},
                                    {1, 0},
                                    {0, 32},
                                    {dim3(1, 65536), 1},
                                    {dim3(1, 1, 65536), 1},
                                    {1, dim3(32, 33)},
                                    {1, dim3(1, 1, 65)}}) {
    EXPECT_SAYS(outcome(nothing, grid, block, 0), "a card refuses a grid of");
  }
  EXPECT_EQ(outcome(nothing, 1, 32, 0), "");
}

TEST(Launch, IsCountedByName) {
  reset_launches();
  EXPECT_EQ(outcome(nothing, 1, 32, 0), "");
  EXPECT_EQ(outcome(nothing, 1, 32, 0), "");
  EXPECT_EQ(launches(), 2u);
  EXPECT_EQ(launches_by_name().at("tiny"), 2u);
}

TEST(Launch, NotesItsStream) {
  reset_launches();
  int stream = 0;
  kernels::launch("tiny", nothing, 1, 32, &stream, 0);
  EXPECT_EQ(launch_streams(), std::set<const void*>{&stream});
}

struct Arguments {
  int64_t count;
  const int* in;
  int* out;
};
__global__ void copy_in(Arguments args) {
  for (int64_t i = threadIdx.x; i < args.count; i += blockDim.x) args.out[i] = args.in[i];
}

TEST(Launch, HostPointersInArgumentsAreRefused) {
  Ints host(8, 3), on_stack;
  int local[8] = {};
  DeviceArray<int> device(host), out(8);
  EXPECT_EQ(outcome(copy_in, 1, 32, {8, device.get(), out.get()}), "");
  EXPECT_EQ(out.host(), host);
  EXPECT_SAYS(outcome(copy_in, 1, 32, {8, host.data(), out.get()}),
              "byte 8 of an argument is a host pointer");
  EXPECT_SAYS(outcome(copy_in, 1, 32, {8, device.get(), local}), "byte 16 of an argument is a host pointer");
  EXPECT_EQ(outcome(copy_in, 1, 32, {0, nullptr, nullptr}), "");
}

TEST(Launch, PointersToFreedMemoryAreRefused) {
  DeviceArray<int> out(8);
  int* freed;
  {
    DeviceArray<int> gone(8);
    freed = gone.get();
  }
  EXPECT_SAYS(outcome(copy_in, 1, 32, {8, freed, out.get()}), "device memory that is not allocated");
}

// Sums up what its blocks find in shared memory before they write to it.
__global__ void unwritten_shared(int* out) {
  __shared__ int left[32];
  out[blockIdx.x * 32 + threadIdx.x] = left[threadIdx.x];
  left[threadIdx.x] = 77;
}

TEST(SharedMemory, IsFilledBeforeEveryBlock) {
  DeviceArray<int> out(64);
  for (const int fill : {255, 0, 127}) {
    const With with({.fill = fill});
    EXPECT_EQ(outcome(unwritten_shared, 2, 32, out.get()), "");
    EXPECT_EQ(out.host(), Ints(64, fill * 0x01010101));
  }
}

__global__ void divide(int* out, int by) { out[threadIdx.x] = static_cast<int>(threadIdx.x) / by; }
__global__ void recurse(int* out, int depth) {
  volatile char frame[4096];
  frame[depth % 4096] = 1;
  if (depth > 0) recurse(out, depth - 1);
  out[0] += frame[depth % 4096];
}

TEST(Launch, FaultsOfTheProcessorEndTheKernelOnly) {
  DeviceArray<int> out(Ints(32, 0));
  EXPECT_SAYS(outcome(divide, 1, 32, out.get(), 0), "a division of integers by zero");
  EXPECT_SAYS(outcome(recurse, 1, 1, out.get(), 1000), "an access to memory that is none");
  EXPECT_EQ(outcome(divide, 1, 32, out.get(), 2), "");
}

}  // namespace
}  // namespace vqat::emulation
