// One thread that runs long work in order, so that libtorch's threads never compete with themselves and
// JavaScript's thread stays free.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/cancel.h"

namespace vqat::engine {

class JobQueue {
 public:
  // The process's queue; its thread starts with the first job.
  static JobQueue& instance();

  // Runs `work` on the engine's thread, after everything posted before. It must not throw. `token`, where
  // there is one, is cancelled when the process ends while the work runs.
  void post(std::function<void()> work, std::shared_ptr<CancelToken> token = nullptr);
  // Threads of every operator, from the next job on.
  void set_threads(int threads);
  int threads();

 private:
  JobQueue();
  ~JobQueue();
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  struct Job {
    std::function<void()> work;
    std::shared_ptr<CancelToken> token;
  };
  std::deque<Job> jobs_;
  std::shared_ptr<CancelToken> current_;
  int threads_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace vqat::engine
