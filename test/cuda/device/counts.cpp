#include "counts.h"

#include <mutex>

namespace vqat::stand_in {
namespace {

std::mutex mutex;
Counts counts;

void add(int64_t Counts::*which, const std::string& name) {
  const std::lock_guard lock(mutex);
  ++(counts.*which);
  ++counts.by_name[name];
}

}  // namespace

Counts counted() {
  const std::lock_guard lock(mutex);
  return counts;
}

void forget() {
  const std::lock_guard lock(mutex);
  counts = {};
}

void count_operator(const std::string& name) { add(&Counts::operators, name); }
void count_copy_to_device() { add(&Counts::to_device, "copy to device"); }
void count_copy_to_host() { add(&Counts::to_host, "copy to host"); }
void count_item(const std::string& name) { add(&Counts::items, name); }
void count_wrong(const std::string& what) { add(&Counts::wrong, what); }

}  // namespace vqat::stand_in
