// A flag that any thread may set and long work reads at its safe points.
#pragma once

#include <atomic>

namespace vqat {

// Thrown at a safe point; the caller's promise rejects with the abort signal's own reason.
struct Cancelled {};

class CancelToken {
 public:
  void cancel() { flag_.store(true, std::memory_order_relaxed); }
  // Throws Cancelled when cancel() was called.
  void check() const {
    if (flag_.load(std::memory_order_relaxed)) throw Cancelled{};
  }

 private:
  std::atomic<bool> flag_{false};
};

}  // namespace vqat
