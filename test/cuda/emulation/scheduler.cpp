// Runs a grid: block after block, the threads of each as fibers that change at barriers and warp operations.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "emulation/block.h"
#include "emulation/breakage.h"
#include "emulation/device_memory.h"
#include "emulation/errors.h"
#include "emulation/faults.h"
#include "emulation/sanitizers.h"
#include "emulation/settings.h"
#include "emulation/shared_memory.h"

namespace vqat::emulation {

const Place* place = nullptr;
Block block;

namespace {

constexpr size_t kStackBytes = size_t{256} << 10;
constexpr size_t kPage = 4096;

Context scheduler;
std::string error;  // of the kernel that runs
cudaError_t error_status = cudaSuccess;
char start_order, end_order;  // for the thread sanitizer: blocks come one after another here
std::mt19937_64 thread_choice;

char* stacks() {
  static char* const begin = [] {
    void* mapped = mmap(nullptr, kMostThreads * kStackBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) std::perror("stacks of the emulation"), std::exit(2);
    char* first = static_cast<char*>(mapped);
    for (unsigned t = 0; t < kMostThreads; ++t) mprotect(first + t * kStackBytes, kPage, PROT_NONE);
    return first;
  }();
  return begin;
}

// The thread that goes on next, kMostThreads when all wait.
unsigned next_thread() {
  constexpr int kReady = static_cast<int>(State::kReady);
  const auto index = [](const void* found) {
    return static_cast<unsigned>(static_cast<const State*>(found) - block.states);
  };
  const Order order = settings().order;
  if (order == Order::kHigh) {
    const void* found = memrchr(block.states, kReady, block.count);
    return found ? index(found) : kMostThreads;
  }
  unsigned first = 0;
  if (order == Order::kForward) first = (block.current + 1) % block.count;
  if (order == Order::kRandom) first = static_cast<unsigned>(thread_choice() % block.count);
  const void* found = std::memchr(block.states + first, kReady, block.count - first);
  if (!found) found = std::memchr(block.states, kReady, first);
  return found ? index(found) : kMostThreads;
}

void report_deadlock() {
  std::map<std::string, int> waits;
  for (unsigned t = 0; t < block.count; ++t) {
    if (block.states[t] == State::kDone) continue;
    const bool barrier = block.states[t] == State::kAtBarrier;
    ++waits[text(barrier ? "the barrier " : "the warp operation ", at(block.threads[t].site))];
  }
  std::ostringstream told;
  for (const auto& [where, count] : waits) told << " " << count << " wait at " << where << ";";
  fail(text("no thread can go on:", told.str()));
}

// Goes from one context to the next thread, or to the scheduler when the block is done or has failed.
void go_on(Context& from, bool ends = false) {
  unsigned next = kMostThreads;
  if (!failed() && block.alive > 0) {
    next = next_thread();
    if (next == kMostThreads) report_deadlock();
  }
  if (next == kMostThreads) {
    place = nullptr;
    block.running = false;
    if (&from != &scheduler) switch_context(from, scheduler, ends);
    return;
  }
  Thread& thread = block.threads[next];
  block.current = next;
  place = &thread.place;
  if (&from != &thread.context) switch_context(from, thread.context, ends);
}

void thread_main() {
  arrived();
  acquire(&start_order);
  block.launch->thread(block.launch->context);
  release(&end_order);
  block.states[block.current] = State::kDone;
  --block.alive;
  const unsigned warp = block.current / kLanes, mine = 1u << (block.current % kLanes);
  block.gone[warp] |= mine;
  for (unsigned l = 0; l < kLanes; ++l) {
    const Thread& other = block.threads[warp * kLanes + l];
    if ((block.waiting[warp] >> l & 1) && (other.mask & mine))
      fail("a warp operation waits for a lane that has returned: " + at(other.site));
  }
  if (block.at_barrier > 0) fail("a thread returned while others of its block wait at a barrier");
  go_on(block.threads[block.current].context, true);
  __builtin_unreachable();
}

void run_block(const Launch& launch, uint3 index) {
  const dim3 size = launch.block;
  block.count = block.alive = size.x * size.y * size.z;
  block.at_barrier = 0;
  unpoison(stacks(), block.count * kStackBytes);  // frames that never returned
  for (unsigned warp = 0; warp * kLanes < block.count; ++warp) {
    const unsigned lanes = std::min(kLanes, block.count - warp * kLanes);
    block.waiting[warp] = 0;
    block.gone[warp] = lanes == kLanes ? 0 : ~0u << lanes;
  }
  release(&start_order);
  for (unsigned t = 0; t < block.count; ++t) {
    Thread& thread = block.threads[t];
    thread.place = {{t % size.x, t / size.x % size.y, t / size.x / size.y}, index, size, launch.grid};
    block.states[t] = State::kReady;
    char* const stack = stacks() + t * kStackBytes + kPage;
    prepare(thread.context, stack, kStackBytes - kPage, thread_main, t % 61 * 64);
    if (!__tsan_create_fiber) continue;
    if (!thread.context.tsan) thread.context.tsan = __tsan_create_fiber(0);
    block.current = t;
    __tsan_set_fiber_name(thread.context.tsan, thread_name().c_str());
  }
  block.current = block.count - 1;  // so that the first comes first
  block.running = true;
  go_on(scheduler);
  acquire(&end_order);
}

// What run_block made for the thread sanitizer; all blocks of a launch share it, because making it takes
// long.
void forget_fibers() {
  for (unsigned t = 0; __tsan_destroy_fiber && t < block.count; ++t)
    __tsan_destroy_fiber(std::exchange(block.threads[t].context.tsan, nullptr));
}

std::vector<uint64_t> block_order(uint64_t blocks) {
  std::vector<uint64_t> order(blocks);
  std::iota(order.begin(), order.end(), 0);
  const Settings& s = settings();
  if (s.blocks == BlockOrder::kReverse) std::reverse(order.begin(), order.end());
  if (s.blocks == BlockOrder::kRandom) {
    std::mt19937_64 choice(s.block_seed);
    std::shuffle(order.begin(), order.end(), choice);
  }
  return order;
}

// Limits that every card since compute capability 7.5 has.
bool card_refuses(const Launch& l) {
  const uint64_t threads = uint64_t{l.block.x} * l.block.y * l.block.z;
  return threads == 0 || threads > kMostThreads || l.block.x > 1024 || l.block.y > 1024 || l.block.z > 64 ||
         l.grid.x == 0 || l.grid.x > 0x7FFFFFFFu || l.grid.y == 0 || l.grid.y > 65535 || l.grid.z == 0 ||
         l.grid.z > 65535;
}

}  // namespace

void pause() { go_on(block.threads[block.current].context); }

void abandon_thread() {
  go_on(block.threads[block.current].context, true);
  __builtin_unreachable();
}

bool failed() { return !error.empty(); }

std::string thread_name() {
  const Place& p = block.threads[block.current].place;
  const auto triple = [](const uint3& of) { return text("(", of.x, ", ", of.y, ", ", of.z, ")"); };
  return text("block ", triple(p.block), ", thread ", triple(p.thread));
}

void fail_without_thread(const std::string& what, cudaError_t status) {
  if (failed()) return;
  error = what;
  error_status = status;
}

void fail(const std::string& what, cudaError_t status) {
  if (!failed()) fail_without_thread(text(what, " [", block.launch->name, ", ", thread_name(), "]"), status);
}

bool same(const Site& a, const Site& b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

void launch(const Launch& launch) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  count_launch(launch.name, launch.stream);
  launched(launch.name);
  if (card_refuses(launch)) {
    const auto triple = [](const dim3& of) { return text(of.x, " x ", of.y, " x ", of.z); };
    fail_without_thread(text(launch.name, ": a card refuses a grid of ", triple(launch.grid), " blocks of ",
                             triple(launch.block), " threads"),
                        cudaErrorInvalidConfiguration);
  }
  if (!failed()) {
    catch_faults();
    const MemoryAccess access;
    const SharedMemory shared = shared_memory_of(reinterpret_cast<const void*>(launch.thread));
    if (__tsan_get_current_fiber) scheduler.tsan = __tsan_get_current_fiber();
    block.launch = &launch;
    block.host_thread = pthread_self();
    thread_choice.seed(settings().thread_seed);
    const dim3 grid = launch.grid;
    for (const uint64_t b : block_order(uint64_t{grid.x} * grid.y * grid.z)) {
      shared.fill(settings().fill);
      run_block(launch, {static_cast<unsigned>(b % grid.x), static_cast<unsigned>(b / grid.x % grid.y),
                         static_cast<unsigned>(b / grid.x / grid.y)});
      if (failed()) break;
    }
    forget_fibers();
    if (!failed()) {
      const std::string damage = damaged_guards();
      if (!damage.empty()) fail_without_thread(text(launch.name, ": ", damage), cudaErrorIllegalAddress);
    }
  }
  if (failed()) set_error(error_status, error);
  error.clear();
}

}  // namespace vqat::emulation
