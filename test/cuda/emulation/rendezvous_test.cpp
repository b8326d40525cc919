// Barriers and warp operations: right ones give what CUDA gives, wrong ones end the kernel and say where.
#include "tiny_kernels.h"

namespace vqat::emulation {
namespace {

constexpr unsigned kAll = 0xFFFFFFFFu;
using Ints = std::vector<int>;

template <class Kernel>
Ints lanes(Kernel kernel) {
  DeviceArray<int> out(32);
  EXPECT_EQ(outcome(+kernel, 1, 32, out.get()), "");
  return out.host();
}

TEST(WarpOperations, GiveWhatCudaGives) {
  const Ints up = lanes([](int* out) { out[threadIdx.x] = __shfl_up_sync(kAll, int(threadIdx.x), 3); });
  const Ints down =
      lanes([](int* out) { out[threadIdx.x] = __shfl_down_sync(kAll, int(threadIdx.x), 3, 8); });
  const Ints across = lanes([](int* out) { out[threadIdx.x] = __shfl_xor_sync(kAll, int(threadIdx.x), 5); });
  const Ints one = lanes([](int* out) { out[threadIdx.x] = __shfl_sync(kAll, int(threadIdx.x), 9, 16); });
  const Ints odd = lanes([](int* out) { out[threadIdx.x] = int(__ballot_sync(kAll, threadIdx.x % 2)); });
  const Ints votes = lanes([](int* out) {
    const int mine = threadIdx.x;
    out[mine] = __any_sync(kAll, mine == 7) + 2 * __all_sync(kAll, mine < 31) + 4 * __all_sync(kAll, 1);
  });
  for (int l = 0; l < 32; ++l) {
    EXPECT_EQ(up[l], l < 3 ? l : l - 3);
    EXPECT_EQ(down[l], l % 8 > 4 ? l : l + 3);
    EXPECT_EQ(across[l], l ^ 5);
    EXPECT_EQ(one[l], l / 16 * 16 + 9);
    EXPECT_EQ(odd[l], int(0xAAAAAAAA));
    EXPECT_EQ(votes[l], 5);
  }
}

// Halves of a warp that do a different number of operations, then meet.
__global__ void halves(int* out) {
  const bool low = threadIdx.x < 16;
  int value = threadIdx.x;
  if (low) {
    for (int i = 0; i < 3; ++i) value = __shfl_xor_sync(0xFFFFu, value, 1);
  } else {
    value = __shfl_xor_sync(0xFFFF0000u, value, 2);
  }
  out[threadIdx.x] = __shfl_xor_sync(kAll, value, 16);
}

TEST(WarpOperations, PartsOfAWarpMayGoTheirOwnWays) {
  DeviceArray<int> out(32);
  for (const Settings& s : {kForward, kHigh}) {
    const With with(s);
    EXPECT_EQ(outcome(halves, 1, 32, out.get()), "");
    for (int l = 0; l < 32; ++l) EXPECT_EQ(out.host()[l], l < 16 ? (l + 16) ^ 2 : (l - 16) ^ 1);
  }
}

__global__ void different_operations(int* out) {
  out[threadIdx.x] = threadIdx.x < 16 ? __shfl_sync(kAll, 1, 0) : int(__ballot_sync(kAll, 1));
}
__global__ void different_masks(int* out) {
  out[threadIdx.x] = __shfl_sync(threadIdx.x == 0 ? 0x3u : kAll, 1, threadIdx.x);
}
__global__ void not_in_its_mask(int* out) { out[threadIdx.x] = __shfl_sync(0xFFFFu, 1, 0); }
__global__ void from_outside_the_mask(int* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_sync(0xFFFFu, 1, 20);
}
__global__ void after_some_returned(int* out) {
  if (threadIdx.x >= 20) return;
  out[threadIdx.x] = __shfl_sync(kAll, 1, 0);
}

TEST(WarpOperations, WrongOnesEndTheKernel) {
  DeviceArray<int> out(32);
  for (const Settings& s : {kForward, kHigh}) {
    const With with(s);
    EXPECT_SAYS(outcome(different_operations, 1, 32, out.get()),
                "lanes of a warp met at different operations");
    EXPECT_SAYS(outcome(different_masks, 1, 32, out.get()), "masks");
    EXPECT_SAYS(outcome(not_in_its_mask, 1, 32, out.get()), "leaves out the lane that calls it");
    EXPECT_SAYS(outcome(from_outside_the_mask, 1, 32, out.get()), "reads a lane outside its mask");
    EXPECT_SAYS(outcome(after_some_returned, 1, 32, out.get()), "waits for a lane that has returned");
    EXPECT_SAYS(outcome(halves, 1, 24, out.get()), "waits for a lane that has returned");
  }
}

TEST(WarpOperations, AnErrorNamesKernelFileBlockAndThread) {
  DeviceArray<int> out(32);
  const std::string text = outcome(not_in_its_mask, dim3(1, 2), 32, out.get());
  EXPECT_SAYS(text, "tiny: the launch failed: ");
  EXPECT_SAYS(text, "rendezvous_test.cpp:");
  EXPECT_SAYS(text, "block (0, 0, 0), thread (16, 0, 0)");
}

__global__ void count_votes(int* out) {
  const int mine = threadIdx.x;
  out[mine] = __syncthreads_count(mine % 3 == 0) + 1000 * __syncthreads_or(mine == 40) +
              2000 * __syncthreads_and(mine < 69) + 4000 * __syncthreads_or(0);
}

TEST(Barrier, CountsVotes) {
  DeviceArray<int> out(70);
  for (const Settings& s : {kForward, kHigh, Settings{.order = Order::kRandom, .thread_seed = 5}}) {
    const With with(s);
    EXPECT_EQ(outcome(count_votes, 1, 70, out.get()), "");
    EXPECT_EQ(out.host(), Ints(70, 1024));
  }
}

__global__ void two_barriers(int) {
  if (threadIdx.x < 40) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}
__global__ void one_branch(int) {
  if (threadIdx.x != 33) __syncthreads();
}
__global__ void barrier_against_shuffle(int) {
  if (threadIdx.x < 8) {
    __syncthreads();
  } else {
    __syncwarp();
  }
}

TEST(Barrier, WrongOnesEndTheKernel) {
  for (const Settings& s : {kForward, kHigh, Settings{.order = Order::kLow}}) {
    const With with(s);
    EXPECT_SAYS(outcome(two_barriers, 1, 64, 0), "threads of a block met at different barriers");
    EXPECT_SAYS(outcome(one_branch, 1, 64, 0), "barrier");
    EXPECT_SAYS(outcome(one_branch, 1, 64, 0), "returned");
    EXPECT_SAYS(outcome(barrier_against_shuffle, 1, 32, 0), "no thread can go on: ");
    EXPECT_SAYS(outcome(barrier_against_shuffle, 1, 32, 0), "8 wait at the barrier ");
  }
}

// Every thread reads its neighbour's number; right with the barrier, dependent on the order without.
template <bool kWithBarrier>
__global__ void neighbours(int* out) {
  __shared__ int numbers[64];
  numbers[threadIdx.x] = threadIdx.x;
  if (kWithBarrier) __syncthreads();
  out[threadIdx.x] = numbers[(threadIdx.x + 1) % 64];
}

TEST(Barrier, AMissingOneGivesAnotherResultInAnotherOrder) {
  DeviceArray<int> out(64);
  std::vector<Ints> right, wrong;
  for (const Order order : {Order::kForward, Order::kHigh, Order::kRandom}) {
    const With with({.order = order});
    EXPECT_EQ(outcome(neighbours<true>, 1, 64, out.get()), "");
    right.push_back(out.host());
    EXPECT_EQ(outcome(neighbours<false>, 1, 64, out.get()), "");
    wrong.push_back(out.host());
  }
  EXPECT_EQ(right[0], right[1]);
  EXPECT_EQ(right[0], right[2]);
  EXPECT_NE(wrong[0], wrong[1]);
  EXPECT_NE(wrong[0], wrong[2]);
}

}  // namespace
}  // namespace vqat::emulation
