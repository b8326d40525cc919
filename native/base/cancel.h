// What a caller and long work say to each other while it runs: stop, and how far it is.
#pragma once

#include <atomic>
#include <cstdint>

namespace vqat {

// Thrown at a safe point; the caller's promise rejects with the abort signal's own reason.
struct Cancelled {};

// Called at every safe point that the work of this thread comes to; null: nothing is.
inline thread_local void (*at_safe_point)() = nullptr;

class CancelToken {
 public:
  void cancel() { flag_.store(true, std::memory_order_relaxed); }
  // A safe point: throws Cancelled when cancel() was called.
  void check() const {
    if (at_safe_point) at_safe_point();
    if (flag_.load(std::memory_order_relaxed)) throw Cancelled{};
  }

  // Work says how much of it is done, in a unit of its own.
  void advance(int64_t units) const { done_.fetch_add(units, std::memory_order_relaxed); }
  int64_t done() const { return done_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> flag_{false};
  mutable std::atomic<int64_t> done_{0};
};

}  // namespace vqat
