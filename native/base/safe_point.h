// Cancellation for code that lasts and is too deep to be handed a token.
#pragma once

#include "base/cancel.h"

namespace vqat {

// While it lives, `token` is that of the work that this thread is at; null: of none. `passing` is called at
// each safe point that the work comes to.
class CancelScope {
 public:
  explicit CancelScope(const CancelToken* token, void (*passing)() = nullptr) {
    current_ = token;
    passing_ = passing;
  }
  ~CancelScope() {
    current_ = nullptr;
    passing_ = nullptr;
  }
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

  static void check() {
    if (passing_) passing_();
    if (current_) current_->check();
  }

 private:
  static inline thread_local const CancelToken* current_ = nullptr;
  static inline thread_local void (*passing_)() = nullptr;
};

// Throws Cancelled when this thread's work was cancelled. Only where what the work has made so far is of no
// use to anybody.
inline void safe_point() { CancelScope::check(); }

}  // namespace vqat
