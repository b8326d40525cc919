// What the kernel tests share: which implementation runs, where its arrays lie, how numbers are made and
// compared.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "device.h"
#include "kernels/bf16.h"

// Runs a statement on the device, and waits for it.
#define VQAT_ON_DEVICE(call)                          \
  do {                                                \
    call;                                             \
    ASSERT_EQ(::vqat::kernels::device::finish(), ""); \
  } while (false)

namespace vqat::kernels {

enum class Impl { kReference, kCpu, kCuda };

// A test of the reference, the fast CPU twin or the device, whatever its case table.
class KernelTest : public testing::TestWithParam<Impl> {
 protected:
  void SetUp() override {
    const bool here = GetParam() != Impl::kCuda || device::why_not().empty();
    ASSERT_TRUE(here) << device::why_not();
  }
};

inline std::string impl_name(const testing::TestParamInfo<Impl>& info) {
  constexpr const char* kNames[] = {"Reference", "Cpu", "Cuda"};
  return kNames[static_cast<int>(info.param)];
}

#define VQAT_EVERY_TWIN(suite)                                                                       \
  INSTANTIATE_TEST_SUITE_P(Twins, suite, testing::Values(Impl::kReference, Impl::kCpu, Impl::kCuda), \
                           impl_name)

// Lends host vectors to an implementation: as they are on the CPU, as copies on the device.
class Lender {
 public:
  // On the device the vector `odd`, where there is one, lies an element further on than an access of several
  // elements allows.
  explicit Lender(Impl impl, const void* odd = nullptr) : device_(impl == Impl::kCuda), odd_(odd) {}

  // Null for an empty vector. What the device wrote is in the vector after take_back().
  template <class T>
  T* lend(std::vector<T>& host) {
    if (host.empty()) return nullptr;
    if (!device_) return host.data();
    T* copy = allocated(host);
    EXPECT_EQ(device::upload(copy, host.data(), host.size() * sizeof(T)), "");
    return copy;
  }

  // As lend, for an array that is only written: on the device it holds what fresh memory holds.
  template <class T>
  T* lend_unwritten(std::vector<T>& host) {
    if (host.empty() || !device_) return host.data();
    return allocated(host);
  }

  void take_back() {
    for (const Copy& copy : copies_)
      EXPECT_EQ(device::download(copy.host, copy.device.get(), copy.bytes), "");
  }

 private:
  template <class T>
  T* allocated(std::vector<T>& host) {
    const size_t before = &host == odd_ ? 1 : 0, bytes = host.size() * sizeof(T);
    void* memory = device::allocate(bytes + before * sizeof(T));
    EXPECT_NE(memory, nullptr);
    const std::shared_ptr<void> owner(memory, [](void* it) { EXPECT_EQ(device::deallocate(it), ""); });
    T* copy = static_cast<T*>(memory) + before;
    copies_.push_back({host.data(), std::shared_ptr<void>(owner, copy), bytes});
    return copy;
  }

  struct Copy {
    void* host;
    std::shared_ptr<void> device;
    size_t bytes;
  };
  bool device_;
  const void* odd_;
  std::vector<Copy> copies_;
};

// The message of the E_ARGUMENT that a call throws, "" when it throws nothing.
inline std::string refusal_of(const std::function<void()>& call) {
  try {
    call();
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::E_ARGUMENT);
    return error.what();
  }
}

// Normal numbers with deviation `scale`, the same on every machine up to libm.
template <class T = float>
std::vector<T> normal(int64_t count, uint64_t seed, double scale = 1) {
  std::vector<T> values(count);
  for (int64_t i = 0; i < count; ++i) {
    const double radius = std::sqrt(-2 * std::log(1 - uniform(seed, static_cast<uint32_t>(i), 0)));
    const double angle = 2 * M_PI * uniform(seed, static_cast<uint32_t>(i), 1);
    values[i] = static_cast<float>(scale * radius * std::cos(angle));
  }
  return values;
}

inline std::vector<int32_t> integers(int64_t count, int64_t below, uint64_t seed) {
  std::vector<int32_t> values(count);
  for (int64_t i = 0; i < count; ++i) {
    values[i] = static_cast<int32_t>(uniform(seed, static_cast<uint32_t>(i), 2) * static_cast<double>(below));
  }
  return values;
}

// One unit in the last place of a bfloat16, relative: two roundings of nearly equal numbers differ by no
// more.
inline constexpr double kBf16Unit = 1.0 / 128;

// The relative bound of a comparison in type T: `float32` from the case table, units of the last place for
// bfloat16.
template <class T>
double relative_bound(double float32, double bf16_units = 1) {
  return std::is_same_v<T, float> ? float32 : bf16_units * kBf16Unit;
}

// |got - want| <= absolute + relative * |want|, and infinities and NaN in the same places.
template <class T>
void expect_close(const std::vector<T>& got, const std::vector<T>& want, double relative, double absolute,
                  const char* what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  int64_t bad = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double g = static_cast<float>(got[i]), w = static_cast<float>(want[i]);
    const bool same = (std::isnan(g) && std::isnan(w)) || g == w;
    if (same || std::fabs(g - w) <= absolute + relative * std::fabs(w)) continue;
    if (++bad <= 3) ADD_FAILURE() << what << "[" << i << "]: got " << g << ", want " << w;
  }
  EXPECT_EQ(bad, 0) << what;
}

// Compares `gradient` with the derivative of `loss` with respect to every element of `x`, by a five-point
// stencil. Bound: outputs are float32, so that a difference over 2^-5 carries about 1e-6 of their size.
inline void expect_gradient(std::vector<float>& x, const std::vector<float>& gradient,
                            const std::function<double()>& loss, const char* what, double bound = 2e-5) {
  constexpr float kStep = 1.0f / 32;
  double largest = 0;
  for (const float g : gradient) largest = std::max(largest, std::fabs(static_cast<double>(g)));
  for (size_t i = 0; i < x.size(); ++i) {
    const float at = x[i];
    const auto moved = [&](float by) {
      x[i] = at + by;
      return loss();
    };
    const double slope =
        (8 * (moved(kStep) - moved(-kStep)) - (moved(2 * kStep) - moved(-2 * kStep))) / (12 * kStep);
    x[i] = at;
    EXPECT_NEAR(gradient[i], slope, bound * (largest + 1)) << what << "[" << i << "]";
  }
}

template <class T>
double dot(const std::vector<T>& a, const std::vector<T>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(static_cast<float>(a[i])) * static_cast<float>(b[i]);
  return sum;
}

}  // namespace vqat::kernels
