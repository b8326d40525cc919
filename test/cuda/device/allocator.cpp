#include "allocator.h"

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "counts.h"
#include "emulation/device_memory.h"

namespace vqat::stand_in {
namespace {

const c10::Device kDevice(c10::kCUDA, 0);

void release(void* memory) {
  if (!memory) return;
  const std::string damage = emulation::deallocate(memory);
  if (!damage.empty()) count_wrong(damage);
}

// Free and total bytes.
std::pair<size_t, size_t> memory_info() {
  const auto use = emulation::memory_use();
  const size_t total = use.limit > 0 ? use.limit : std::numeric_limits<uint32_t>::max();
  return {total - std::min(total, use.bytes), total};
}

class DeviceAllocator final : public c10::DeviceAllocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &release, kDevice};
    void* memory = emulation::allocate(bytes);
    TORCH_CHECK_WITH(OutOfMemoryError, memory, "CUDA out of memory. Tried to allocate ", bytes,
                     " bytes. The stand-in device has ", memory_info().first, " bytes free of ",
                     memory_info().second, ".");
    return {memory, memory, &release, kDevice};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    const emulation::MemoryAccess access;
    default_copy_data(to, from, bytes);
  }
  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t) override {}
  void recordStream(const c10::DataPtr&, c10::Stream) override {}
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex) override { return {}; }
  void resetAccumulatedStats(c10::DeviceIndex) override {}
  void resetPeakStats(c10::DeviceIndex) override {}
  std::pair<size_t, size_t> getMemoryInfo(c10::DeviceIndex) override { return memory_info(); }
};

class Guard final : public c10::impl::DeviceGuardImplInterface {
 public:
  c10::DeviceType type() const override { return c10::kCUDA; }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device device) const override {
    return c10::Stream(c10::Stream::UNSAFE, device, static_cast<c10::StreamId>(kStream));
  }
  c10::Stream getDefaultStream(c10::Device device) const override { return getStream(device); }
  c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
  void* getStreamNativeHandle(const c10::Stream stream) const override {
    return reinterpret_cast<void*>(static_cast<uintptr_t>(stream.id()));
  }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  bool queryStream(const c10::Stream&) const override { return true; }
  void synchronizeStream(const c10::Stream&) const override {}
  void synchronizeDevice(const c10::DeviceIndex) const override {}
};

C10_REGISTER_GUARD_IMPL(CUDA, Guard)

}  // namespace

c10::Allocator* allocator() {
  static DeviceAllocator one;
  return &one;
}

void appear() {
  emulation::use_memory(emulation::MemoryKind::kPacked);
  emulation::tolerate_host_access(true);
  c10::SetAllocator(c10::kCUDA, allocator());
}

}  // namespace vqat::stand_in

// libtorch looks for its hooks by this name, outside of every namespace of ours.
struct CUDAHooks final : at::CUDAHooksInterface {
  explicit CUDAHooks(at::CUDAHooksArgs) {}
  void init() const override {}
  bool hasCUDA() const override { return true; }
  bool hasCUDART() const override { return true; }
  long versionCUDART() const override { return 13000; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  c10::DeviceIndex current_device() const override { return 0; }
  int getNumGPUs() const override { return 1; }
  at::Allocator* getPinnedMemoryAllocator() const override { return c10::GetAllocator(c10::kCPU); }
  at::Allocator* getCUDADeviceAllocator() const override { return vqat::stand_in::allocator(); }
  void deviceSynchronize(c10::DeviceIndex) const override {}
};

namespace at {
using ::CUDAHooks;
REGISTER_CUDA_HOOKS(CUDAHooks)
}  // namespace at
