// The block that runs: its threads, where each waits, and what went wrong. There is one at a time in a
// process.
#pragma once

#include <pthread.h>

#include <sstream>
#include <string>

#include "cuda_runtime_api.h"
#include "emulation/fiber.h"
#include "emulation/kernel_side.h"

namespace vqat::emulation {

constexpr unsigned kMostThreads = 1024;
constexpr unsigned kLanes = 32;

enum class State : unsigned char { kReady, kAtBarrier, kInWarp, kDone };
enum class WarpOperation : unsigned char { kSync, kBallot, kExchange };

struct Thread {
  Context context;
  Place place;
  Site site;  // of the rendezvous it waits at
  // Of a warp operation: its kind, what the thread gives and what it gets.
  WarpOperation operation;
  unsigned char bytes;
  bool vote;
  int from;
  unsigned mask, ballot;
  alignas(16) unsigned char value[16], received[16];
};

struct Block {
  Thread threads[kMostThreads];
  State states[kMostThreads];  // side by side, so that the next thread is found fast
  // Lanes of each warp: those in a warp operation, and those that have returned or never were.
  unsigned waiting[kMostThreads / kLanes], gone[kMostThreads / kLanes];
  unsigned count = 0, alive = 0;  // threads
  unsigned at_barrier = 0;
  int votes = 0, vote_result = 0;
  unsigned current = 0;
  bool running = false;
  pthread_t host_thread;  // the one that launched
  const Launch* launch = nullptr;
};
extern Block block;

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream joined;
  (joined << ... << parts);
  return joined.str();
}

// The first error of a kernel ends it; later ones are not kept. `fail` adds which thread of which kernel.
void fail(const std::string& what, cudaError_t status = cudaErrorLaunchFailure);
void fail_without_thread(const std::string& what, cudaError_t status);
bool failed();
std::string thread_name();
inline std::string at(const Site& site) { return text(site.file, ":", site.line); }
bool same(const Site& a, const Site& b);

// Leaves the running thread until the scheduler goes on with it.
void pause();

// From the handler of faults: the running thread is given up.
[[noreturn]] void abandon_thread();

}  // namespace vqat::emulation
