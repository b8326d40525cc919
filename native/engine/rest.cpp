#include "engine/rest.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "engine/job_queue.h"

namespace vqat::engine {
namespace {

// So often rest_at_exit is heard every time: a job's first passes make most of what libtorch ever makes.
constexpr uint64_t kFirst = 4096;
// Calls that are no jobs last milliseconds.
constexpr std::chrono::seconds kPatience{10};

struct Calls {
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool ending = false;
  std::thread::id by;  // the thread that ends the process
};

// Never destroyed: other threads may come in until the process is gone.
Calls& calls() {
  static Calls& all = *new Calls;
  return all;
}

std::atomic<int> alive{0};

struct Alive {
  Alive() { ++alive; }
  ~Alive() { --alive; }
};

void at_exit(int status, void*) {
  // The exiting thread's own is gone by now: exit() begins with what a thread has for itself.
  if (rest(0) && alive == 0) return;
  std::fflush(nullptr);
  _exit(status);
}

}  // namespace

Inside::Inside() {
  Calls& all = calls();
  const std::lock_guard lock(all.mutex);
  if (all.ending && all.by != std::this_thread::get_id())
    fail(Code::E_UNAVAILABLE, "the process is ending; nothing is computed any more");
  ++all.inside;
}

Inside::~Inside() {
  Calls& all = calls();
  {
    const std::lock_guard lock(all.mutex);
    --all.inside;
  }
  all.changed.notify_all();
  rest_at_exit();
}

bool rest(int own) {
  Calls& all = calls();
  {
    const std::lock_guard lock(all.mutex);
    all.ending = true;
    all.by = std::this_thread::get_id();
  }
  bool resting = JobQueue::engine().end();
  resting = JobQueue::frames().end() && resting;
  std::unique_lock lock(all.mutex);
  return all.changed.wait_for(lock, kPatience, [&] { return all.inside <= own; }) && resting;
}

bool resting() {
  Calls& all = calls();
  const std::lock_guard lock(all.mutex);
  return all.ending;
}

void note_thread() {
  static thread_local const Alive here;
  static_cast<void>(here);
}

void rest_at_exit() {
  static std::atomic<uint64_t> times{0};
  const uint64_t done = times++;
  if (done < kFirst || (done & (done - 1)) == 0) on_exit(at_exit, nullptr);
}

}  // namespace vqat::engine
