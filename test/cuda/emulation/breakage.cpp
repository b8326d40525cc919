#include "emulation/breakage.h"

#include <mutex>

namespace vqat::emulation {
namespace {

std::mutex mutex;
std::string kernel_to_break;
uint64_t launches_left = 0;  // until it breaks; 0: it does not
bool broken = false, known = false;

}  // namespace

void break_in(const std::string& kernel, uint64_t launch) {
  const std::lock_guard lock(mutex);
  kernel_to_break = kernel;
  launches_left = launch;
}

void mend() {
  const std::lock_guard lock(mutex);
  launches_left = 0;
  broken = known = false;
}

void launched(const char* kernel) {
  const std::lock_guard lock(mutex);
  if (launches_left > 0 && kernel_to_break == kernel) broken |= --launches_left == 0;
}

bool found_broken() {
  const std::lock_guard lock(mutex);
  return known = broken;
}

bool known_broken() {
  const std::lock_guard lock(mutex);
  return known;
}

}  // namespace vqat::emulation
