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
    jobs_.clear();
    // Nobody waits for the rest of it: it ends at its next safe point.
    if (current_) current_->cancel();
  }
  wake_.notify_all();
  thread_.join();
}

void JobQueue::post(std::function<void()> work, std::shared_ptr<CancelToken> token) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(work), std::move(token)});
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
    Job next;
    int threads;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
      if (stop_) return;
      next = std::move(jobs_.front());
      jobs_.pop_front();
      current_ = next.token;
      threads = threads_;
    }
    const InferenceScope scope(threads);
    next.work();
    const std::lock_guard lock(mutex_);
    current_.reset();
  }
}

}  // namespace vqat::engine
