// Cancellation for code that lasts and is too deep to be handed a token.
#pragma once

#include "base/cancel.h"

namespace vqat {

// While it lives, `token` is that of the work that this thread is at, and `passing` is called at its safe
// points.
class CancelScope {
 public:
  CancelScope(const CancelToken* token, void (*passing)()) {
    current_ = token;
    at_safe_point = passing;
  }
  ~CancelScope() {
    current_ = nullptr;
    at_safe_point = nullptr;
  }
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

  static void check() {
    if (current_) current_->check();
  }

 private:
  static inline thread_local const CancelToken* current_ = nullptr;
};

// Throws Cancelled when this thread's work was cancelled. Only where what the work has made so far is of no
// use to anybody.
inline void safe_point() { CancelScope::check(); }

}  // namespace vqat
