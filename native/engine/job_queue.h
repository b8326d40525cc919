// One thread that runs work in order, so that the threads of an operator never compete with those of another
// and JavaScript's thread stays free.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancel.h"

namespace vqat::engine {

// How many threads an operator of this process may use, from the next job on. By default as many as libtorch
// counts cores.
int threads();
void set_threads(int count);

class JobQueue {
 public:
  // The process's queues: of the engine, and of what comes in beside it. Their threads start with the first
  // use and are never destroyed: whatever order a process ends in, they outlive it.
  static JobQueue& engine();
  static JobQueue& frames();

  // Runs `work`, after everything posted before. It must not throw. `token`, where there is one, stops it at
  // its next safe point. Once end() was called nothing is run any more.
  void post(std::function<void()> work, std::shared_ptr<CancelToken> token = nullptr);

  // Cancels the jobs with these tokens: those that wait are dropped, the one that runs is waited for. False
  // when it did not come to a safe point in time.
  bool leave(const std::vector<std::shared_ptr<CancelToken>>& tokens);
  // The same for all jobs, for good.
  bool end();

 private:
  using Around = void (*)(const std::function<void()>& work);

  explicit JobQueue(Around around);
  void run();

  struct Job {
    std::function<void()> work;
    std::shared_ptr<CancelToken> token;
  };

  const Around around_;
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::deque<Job> jobs_;
  std::shared_ptr<CancelToken> current_;
  bool busy_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace vqat::engine
