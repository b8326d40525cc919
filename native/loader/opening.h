// Opening libtorch beside a thread that may end the process.
#pragma once

#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace vqat::loader {

inline std::atomic<int> opening{0};

// While it lives, the end of the process takes nothing down. libtorch builds tens of thousands of objects as
// it is opened, exit() destroys first what was built last, and a runtime that does not wait for its threads
// (Deno) would destroy them under what is still being built. So what exit() comes to first, again and again,
// is _exit().
class Opening {
 public:
  Opening() {
    ++opening;
    asks_ = std::thread([this] {
      prctl(PR_SET_TIMERSLACK, 1UL);  // nanoseconds; a thread is woken 50 microseconds late otherwise
      while (!done_) {
        on_exit(
            [](int status, void*) {
              if (opening > 0) _exit(status);
            },
            nullptr);
        std::this_thread::sleep_for(kBetween);
      }
    });
  }
  ~Opening() {
    done_ = true;
    asks_.join();
    --opening;
  }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

 private:
  // An object takes microseconds to build; all of libtorch a tenth of a second.
  static constexpr std::chrono::microseconds kBetween{5};
  std::atomic<bool> done_{false};
  std::thread asks_;
};

}  // namespace vqat::loader
