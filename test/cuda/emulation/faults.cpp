#include "emulation/faults.h"

#include <execinfo.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "emulation/block.h"
#include "emulation/device_memory.h"

namespace vqat::emulation {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE};
constexpr int kMostSignals = 64;
struct sigaction before[kMostSignals];

// What the handler leaves for the thread's own stack, where everything may be called.
int last_signal;
const char* last_address;

[[noreturn]] void report_in_kernel() {
  std::string what;
  if (last_signal == SIGFPE) {
    what = "a division of integers by zero";
  } else if (contains(last_address) || !last_address) {
    what = "an access that the processor refuses, as of a vector that is not aligned";
  } else if (is_device_address(last_address)) {
    what = "an access outside of device memory that is allocated";
  } else {
    what = "an access to memory that is none";
  }
  char address[32];
  std::snprintf(address, sizeof address, ", at %p", static_cast<const void*>(last_address));
  fail(what + address, cudaErrorIllegalAddress);
  abandon_thread();
}

void say(const char* text) {
  size_t length = 0;
  while (text[length]) ++length;
  if (write(STDERR_FILENO, text, length) < 0) _exit(2);
}

void on_fault(int signal, siginfo_t* info, void* interrupted) {
  if (block.running && pthread_equal(pthread_self(), block.host_thread)) {
    last_signal = signal;
    last_address =
        signal == SIGFPE || info->si_code == SI_KERNEL ? nullptr : static_cast<char*>(info->si_addr);
    // The thread goes on in report_in_kernel(), on its emptied stack, aligned as at the entry of a function.
    auto& registers = static_cast<ucontext_t*>(interrupted)->uc_mcontext.gregs;
    const Context& thread = block.threads[block.current].context;
    const auto top = reinterpret_cast<greg_t>(thread.stack) + static_cast<greg_t>(thread.stack_bytes);
    registers[REG_RSP] = top / 16 * 16 - 8;
    registers[REG_RIP] = reinterpret_cast<greg_t>(&report_in_kernel);
    return;
  }
  if (signal == SIGSEGV && is_device_address(info->si_addr)) {
    say("cuda emulation: host code reached for device memory:\n");
    void* frames[40];
    backtrace_symbols_fd(frames, backtrace(frames, 40), STDERR_FILENO);
    if (let_host_through()) return;
  }
  // The access is made again and meets whatever handled it before.
  sigaction(signal, &before[signal], nullptr);
}

// Fibers may overflow their stacks, so that the handler needs one of its own.
struct HandlerStack {
  static constexpr size_t kBytes = size_t{64} << 10;
  std::unique_ptr<char[]> memory{new char[kBytes]};
  HandlerStack() {
    stack_t stack{};
    stack.ss_sp = memory.get();
    stack.ss_size = kBytes;
    sigaltstack(&stack, nullptr);
  }
  ~HandlerStack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
  }
};

}  // namespace

void catch_faults() {
  static thread_local const HandlerStack stack;
  static const bool installed = [] {
    void* frame;
    backtrace(&frame, 1);  // loads what it needs now, not in the handler
    for (const int signal : kSignals) {
      struct sigaction action {};
      action.sa_sigaction = on_fault;
      action.sa_flags = SA_SIGINFO | SA_ONSTACK;
      sigaction(signal, &action, &before[signal]);
    }
    return true;
  }();
  (void)installed;
}

}  // namespace vqat::emulation
