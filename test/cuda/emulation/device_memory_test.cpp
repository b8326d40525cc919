// Device memory: closed to host code, filled, guarded on both sides, limited; guarded and packed alike where
// they promise the same.
#include "emulation/device_memory.h"

#include <cstring>

#include "tiny_kernels.h"

namespace vqat::emulation {
namespace {

using Ints = std::vector<int>;

class DeviceMemory : public testing::TestWithParam<MemoryKind> {
 protected:
  void SetUp() override { use_memory(GetParam()); }
  void TearDown() override { use_memory(MemoryKind::kGuarded); }
};
INSTANTIATE_TEST_SUITE_P(Kinds, DeviceMemory, testing::Values(MemoryKind::kGuarded, MemoryKind::kPacked),
                         [](const auto& info) {
                           return info.param == MemoryKind::kGuarded ? "Guarded" : "Packed";
                         });

TEST_P(DeviceMemory, GoesThereAndBack) {
  Ints host(5000);
  for (int i = 0; i < 5000; ++i) host[i] = i;
  const DeviceArray<int> one(host), other(17);
  EXPECT_EQ(one.host(), host);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(one.get()) % 16, 0u);
  EXPECT_TRUE(contains(one.get(), 20000));
  EXPECT_FALSE(contains(one.get(), 20001));
  EXPECT_FALSE(contains(host.data()));
  EXPECT_EQ(memory_use().bytes, 20000u + 17 * 4);
  EXPECT_EQ(memory_use().allocations, 2u);
}

TEST_P(DeviceMemory, FreshMemoryIsFilledAlsoWhereOtherMemoryWas) {
  for (const int fill : {255, 0, 9}) {
    const With with({.fill = fill});
    for (int again = 0; again < 2; ++again) {
      const DeviceArray<int> array(300);
      EXPECT_EQ(array.host(), Ints(300, fill * 0x01010101));
      cudaMemset(array.get(), 1, 1200);
    }
  }
}

TEST_P(DeviceMemory, HostCodeMustNotTouchIt) {
  const DeviceArray<int> array(Ints{1, 2, 3});
  EXPECT_EQ(array.host()[2], 3);
  volatile const int* pointer = array.get();
  EXPECT_DEATH((void)pointer[0], "host code reached for device memory");
  {
    const MemoryAccess outer;
    const MemoryAccess inner;
    EXPECT_EQ(pointer[0], 1);
  }
  EXPECT_DEATH((void)pointer[0], "host code reached for device memory");
}

__global__ void write_at(int* out, int64_t at) { out[at] = 7; }

TEST_P(DeviceMemory, WritesBeforeAndBehindAreSeen) {
  DeviceArray<int> behind(Ints(6, 0)), before(Ints(6, 0));  // 24 bytes: 8 of alignment follow
  EXPECT_EQ(damaged_guards(), "");
  EXPECT_SAYS(outcome(write_at, 1, 1, behind.get(), 6),
              "bytes behind an allocation of 24 bytes were written");
  EXPECT_SAYS(behind.free_now(), "bytes behind an allocation of 24 bytes were written");
  if (GetParam() == MemoryKind::kPacked) return;  // there what lies before is another's end
  EXPECT_SAYS(outcome(write_at, 1, 1, before.get(), -1),
              "bytes before an allocation of 24 bytes were written");
  EXPECT_SAYS(before.free_now(), "bytes before an allocation of 24 bytes were written");
}

TEST_P(DeviceMemory, CopiesMustSayWhereTheyGo) {
  Ints host(4, 1);
  const DeviceArray<int> device(host);
  EXPECT_EQ(cudaMemcpy(device.get(), host.data(), 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(host.data(), host.data(), 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(device.get(), device.get(), 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(device.get(), host.data(), 17, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(host.data(), 0, 16), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(device.get(), host.data(), 16, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_P(DeviceMemory, ALimitIsKept) {
  set_memory_limit(4096);
  const DeviceArray<char> half(2048);
  size_t free = 0, total = 0;
  EXPECT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(free, 2048u);
  EXPECT_EQ(total, 4096u);
  void* more = nullptr;
  EXPECT_EQ(cudaMalloc(&more, 2049), cudaErrorMemoryAllocation);
  EXPECT_EQ(more, nullptr);
  EXPECT_EQ(cudaMalloc(&more, 2048), cudaSuccess);
  EXPECT_EQ(cudaFree(more), cudaSuccess);
  set_memory_limit(0);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaFree(&more), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
}

__global__ void read_at(const int* in, int64_t at, int* out) { out[0] = in[at]; }

TEST(GuardedMemory, ReadsBehindTheEndAndOfFreedMemoryEndTheKernel) {
  DeviceArray<int> array(Ints(1000, 1)), out(1);
  EXPECT_EQ(outcome(read_at, 1, 1, array.get(), 999, out.get()), "");
  EXPECT_SAYS(outcome(read_at, 1, 1, array.get(), 1000, out.get()),
              "outside of device memory that is allocated");
  EXPECT_SAYS(outcome(read_at, 1, 1, array.get(), 2023, out.get()),
              "outside of device memory that is allocated");
  EXPECT_SAYS(outcome(read_at, 1, 1, nullptr, 1 << 20, out.get()), "an access to memory that is none");
  EXPECT_EQ(outcome(read_at, 1, 1, array.get(), 0, out.get()), "");
  EXPECT_EQ(out.host(), Ints{1});
}

// The pointer lies in device memory, where no look at the arguments finds it.
__global__ void read_through(int* const* in, int* out) { out[0] = *in[0]; }

TEST(GuardedMemory, FreedAddressesAreNotUsedAgain) {
  DeviceArray<int> out(1);
  int* freed;
  {
    const DeviceArray<int> gone(1);
    freed = gone.get();
  }
  const DeviceArray<int> next(1);
  EXPECT_NE(next.get(), freed);
  const DeviceArray<int*> table(std::vector<int*>{freed});
  EXPECT_SAYS(outcome(read_through, 1, 1, table.get(), out.get()),
              "outside of device memory that is allocated");
}

TEST(PackedMemory, CountsHostAccessesWhenTheyAreTolerated) {
  use_memory(MemoryKind::kPacked);
  {
    const DeviceArray<int> array(Ints{5});
    const uint64_t before = host_accesses();
    tolerate_host_access(true);
    volatile const int* pointer = array.get();
    EXPECT_EQ(pointer[0], 5);
    EXPECT_EQ(pointer[0], 5);
    EXPECT_EQ(host_accesses(), before + 1);
    { const MemoryAccess access; }
    EXPECT_EQ(pointer[0], 5);
    EXPECT_EQ(host_accesses(), before + 2);
    tolerate_host_access(false);
    { const MemoryAccess access; }
  }
  use_memory(MemoryKind::kGuarded);
}

}  // namespace
}  // namespace vqat::emulation
