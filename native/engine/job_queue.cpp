#include "engine/job_queue.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>

#include "base/safe_point.h"
#include "engine/rest.h"
#include "tensor/threads.h"

namespace vqat::engine {
namespace {

// Safe points lie between matrix products, the longest of which takes seconds.
constexpr std::chrono::seconds kPatience{30};

std::atomic<int> chosen_threads{0};

void with_operators(const std::function<void()>& work) {
  const InferenceScope scope(threads());
  work();
}

void with_kernels(const std::function<void()>& work) {
  use_threads(threads());
  work();
}

}  // namespace

int threads() {
  static const int offered = default_threads();
  const int chosen = chosen_threads;
  return chosen > 0 ? chosen : offered;
}

void set_threads(int count) { chosen_threads = count; }

JobQueue& JobQueue::engine() {
  static JobQueue& queue = *new JobQueue(with_operators);
  return queue;
}

JobQueue& JobQueue::frames() {
  static JobQueue& queue = *new JobQueue(with_kernels);
  return queue;
}

JobQueue::JobQueue(Around around) : around_(around), thread_([this] { run(); }) {}

void JobQueue::post(std::function<void()> work, std::shared_ptr<CancelToken> token) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) jobs_.push_back({std::move(work), std::move(token)});
  }
  wake_.notify_one();
}

bool JobQueue::leave(const std::vector<std::shared_ptr<CancelToken>>& tokens) {
  std::deque<Job> dropped;  // destroyed without the lock: what a job holds may post when it goes
  std::unique_lock lock(mutex_);
  const auto leaves = [&](const std::shared_ptr<CancelToken>& token) {
    return token && std::find(tokens.begin(), tokens.end(), token) != tokens.end();
  };
  for (const auto& token : tokens) token->cancel();
  const auto stay = [&](const Job& job) { return !leaves(job.token); };
  const auto first = std::stable_partition(jobs_.begin(), jobs_.end(), stay);
  std::move(first, jobs_.end(), std::back_inserter(dropped));
  jobs_.erase(first, jobs_.end());
  return idle_.wait_for(lock, kPatience, [&] { return !leaves(current_); });
}

bool JobQueue::end() {
  std::unique_lock lock(mutex_);
  ended_ = true;  // what waits stays where it is: the process goes, and freeing it would only take time
  if (current_) current_->cancel();
  return idle_.wait_for(lock, kPatience, [&] { return !busy_; });
}

void JobQueue::run() {
  for (;;) {
    Job next;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !ended_ && !jobs_.empty(); });
      next = std::move(jobs_.front());
      jobs_.pop_front();
      current_ = next.token;
      busy_ = true;
    }
    {
      const CancelScope scope(next.token.get(), rest_at_exit);
      around_(next.work);
    }
    next = {};  // before anybody hears that it is done
    rest_at_exit();
    {
      const std::lock_guard lock(mutex_);
      current_.reset();
      busy_ = false;
    }
    idle_.notify_all();
  }
}

}  // namespace vqat::engine
