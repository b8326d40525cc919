#include "addon/told.h"

#include <map>
#include <mutex>
#include <utility>

namespace vqat::addon {
namespace {

struct Entry {
  int64_t bytes = 0;
  int objects = 0;
};

struct Told {
  std::mutex mutex;
  std::map<std::pair<napi_env, const void*>, Entry> entries;
};

// Never destroyed: threads of JavaScript may outlive exit().
Told& told() {
  static Told& all = *new Told;
  return all;
}

void adjust(napi_env env, int64_t by) {
  int64_t all = 0;
  if (by != 0) napi_adjust_external_memory(env, by, &all);
}

// Changes one entry and gives by how much its bytes changed. The runtime is told without the lock: it may
// collect at once, which comes back here.
template <class F>
int64_t change(napi_env env, const void* storage, F&& with) {
  Told& all = told();
  const std::lock_guard lock(all.mutex);
  const auto place = all.entries.try_emplace({env, storage}).first;
  const int64_t before = place->second.bytes;
  with(place->second);
  const int64_t after = place->second.objects > 0 ? place->second.bytes : 0;
  if (place->second.objects <= 0) all.entries.erase(place);
  return after - before;
}

}  // namespace

int64_t told_bytes(napi_env env) {
  Told& all = told();
  const std::lock_guard lock(all.mutex);
  int64_t sum = 0;
  for (const auto& [key, entry] : all.entries) sum += key.first == env ? entry.bytes : 0;
  return sum;
}

void tell(napi_env env, const engine::Storage& storage) {
  adjust(env, change(env, storage.place, [&](Entry& entry) {
           ++entry.objects;
           entry.bytes = storage.bytes;
         }));
}

void tell_again(napi_env env, const engine::Storage& storage) {
  adjust(env, change(env, storage.place, [&](Entry& entry) { entry.bytes = storage.bytes; }));
}

void take_back(napi_env env, const void* storage) {
  adjust(env, change(env, storage, [](Entry& entry) { --entry.objects; }));
}

}  // namespace vqat::addon
