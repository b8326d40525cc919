// What the emulation's own tests share: device arrays, a launch, and what the device says afterwards.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "emulation/device_memory.h"
#include "emulation/settings.h"
#include "kernels/cuda/device.cuh"

namespace vqat::emulation {

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) { cudaMalloc(&pointer_, count * sizeof(T)); }
  explicit DeviceArray(const std::vector<T>& host) : DeviceArray(host.size()) {
    cudaMemcpy(pointer_, host.data(), count_ * sizeof(T), cudaMemcpyHostToDevice);
  }
  ~DeviceArray() { EXPECT_EQ(cudaFree(pointer_), cudaSuccess); }
  DeviceArray(const DeviceArray&) = delete;

  T* get() const { return static_cast<T*>(pointer_); }
  std::vector<T> host() const {
    std::vector<T> copy(count_);
    EXPECT_EQ(cudaMemcpy(copy.data(), pointer_, count_ * sizeof(T), cudaMemcpyDeviceToHost), cudaSuccess);
    return copy;
  }
  // For damage that is meant: what cudaFree says of it.
  std::string free_now() {
    const std::string text = cudaFree(pointer_) == cudaSuccess ? "" : cudaGetErrorString(cudaGetLastError());
    pointer_ = nullptr;
    return text;
  }

 private:
  size_t count_;
  void* pointer_ = nullptr;
};

// Launches as the kernels do. The error's text, empty when there was none.
template <class... P>
std::string outcome(void (*kernel)(P...), dim3 grid, dim3 block,
                    const typename kernels::SameType<P>::Type&... args) {
  try {
    kernels::launch("tiny", kernel, grid, block, nullptr, args...);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// Settings for one scope.
class With {
 public:
  explicit With(const Settings& wanted) : before_(settings()) { settings() = wanted; }
  ~With() { settings() = before_; }
  With(const With&) = delete;

 private:
  Settings before_;
};

inline const Settings kForward{}, kHigh{.order = Order::kHigh, .blocks = BlockOrder::kReverse, .fill = 0};

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

}  // namespace vqat::emulation
