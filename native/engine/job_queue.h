// One thread that runs long work in order, so that libtorch's threads never compete with themselves and
// JavaScript's thread stays free.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace vqat::engine {

class JobQueue {
 public:
  // The process's queue; its thread starts with the first job.
  static JobQueue& instance();

  // Runs `work` on the engine's thread, after everything posted before. It must not throw.
  void post(std::function<void()> work);
  // Threads of every operator, from the next job on.
  void set_threads(int threads);
  int threads();

 private:
  JobQueue();
  ~JobQueue();
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
  int threads_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace vqat::engine
