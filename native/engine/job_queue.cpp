#include "engine/job_queue.h"

#include "tensor/threads.h"

namespace vqat::engine {

JobQueue& JobQueue::instance() {
  static JobQueue queue;
  return queue;
}

JobQueue::JobQueue() : threads_(default_threads()), thread_([this] { run(); }) {}

JobQueue::~JobQueue() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    work_.clear();
  }
  wake_.notify_all();
  thread_.join();
}

void JobQueue::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void JobQueue::set_threads(int threads) {
  const std::lock_guard lock(mutex_);
  threads_ = threads;
}

int JobQueue::threads() {
  const std::lock_guard lock(mutex_);
  return threads_;
}

void JobQueue::run() {
  for (;;) {
    std::function<void()> next;
    int threads;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || !work_.empty(); });
      if (stop_) return;
      next = std::move(work_.front());
      work_.pop_front();
      threads = threads_;
    }
    const InferenceScope scope(threads);
    next();
  }
}

}  // namespace vqat::engine
