#include "emulation/device_memory.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "emulation/arena.h"
#include "emulation/faults.h"
#include "emulation/settings.h"

namespace vqat::emulation {
namespace {

std::mutex mutex;
// Never destroyed: tensors may outlive static objects.
Arena& arena() {
  static Arena& forever = *new Arena;
  return forever;
}
int openings = 0;
size_t peak = 0, limit = 0;
std::atomic<bool> tolerated = false;
std::atomic<uint64_t> accesses = 0;

std::mutex launch_mutex;
std::map<std::string, uint64_t>& counts() {
  static auto& forever = *new std::map<std::string, uint64_t>;
  return forever;
}
std::set<const void*>& streams() {
  static auto& all = *new std::set<const void*>;
  return all;
}

}  // namespace

void use_memory(MemoryKind kind) {
  const std::lock_guard lock(mutex);
  if (arena().allocations() > 0)
    std::fputs("use_memory: something is allocated already\n", stderr), std::abort();
  arena().use(kind == MemoryKind::kPacked);
}

void* allocate(size_t bytes) {
  const std::lock_guard lock(mutex);
  catch_faults();
  if (bytes == 0 || (limit > 0 && (bytes > limit || arena().bytes() > limit - bytes))) return nullptr;
  void* pointer = arena().allocate(bytes, settings().fill);
  peak = std::max(peak, arena().bytes());
  return pointer;
}

std::string deallocate(void* pointer) {
  const std::lock_guard lock(mutex);
  return arena().deallocate(static_cast<char*>(pointer), settings().fill);
}

bool contains(const void* pointer, size_t bytes) {
  const std::lock_guard lock(mutex);
  return arena().contains(static_cast<const char*>(pointer), bytes);
}

bool is_device_address(const void* pointer) { return arena().holds(pointer); }

void open_memory() {
  const std::lock_guard lock(mutex);
  if (openings++ == 0) arena().protect(true);
}

void close_memory() {
  const std::lock_guard lock(mutex);
  if (--openings == 0) arena().protect(false);
}

std::string damaged_guards() {
  const std::lock_guard lock(mutex);
  const bool was_open = arena().is_open();
  arena().protect(true);
  std::string text = arena().damaged();
  arena().protect(was_open);
  return text;
}

void set_memory_limit(size_t bytes) {
  const std::lock_guard lock(mutex);
  limit = bytes;
}

MemoryUse memory_use() {
  const std::lock_guard lock(mutex);
  return {arena().bytes(), peak, limit, arena().allocations()};
}

void reset_peak() {
  const std::lock_guard lock(mutex);
  peak = arena().bytes();
}

void tolerate_host_access(bool tolerate) { tolerated = tolerate; }
uint64_t host_accesses() { return accesses; }

bool let_host_through() {
  ++accesses;
  if (!tolerated || !arena().packed()) return false;
  const std::unique_lock lock(mutex, std::try_to_lock);  // in a handler: another thread may be opening it
  if (lock.owns_lock()) arena().protect(true);
  return true;
}

void count_launch(const char* name, const void* stream) {
  const std::lock_guard lock(launch_mutex);
  ++counts()[name];
  streams().insert(stream);
}

uint64_t launches() {
  const std::lock_guard lock(launch_mutex);
  uint64_t sum = 0;
  for (const auto& [name, count] : counts()) sum += count;
  return sum;
}

std::map<std::string, uint64_t> launches_by_name() {
  const std::lock_guard lock(launch_mutex);
  return counts();
}

std::set<const void*> launch_streams() {
  const std::lock_guard lock(launch_mutex);
  return streams();
}

void reset_launches() {
  const std::lock_guard lock(launch_mutex);
  counts().clear();
  streams().clear();
}

}  // namespace vqat::emulation
