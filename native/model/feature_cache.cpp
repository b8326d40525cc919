#include "model/feature_cache.h"

namespace vqat::model {
namespace {

// About forty clips of the 8B model in bfloat16, or every clip of a small one.
constexpr int64_t kCapacityBytes = int64_t{512} << 20;

int64_t bytes_of(const at::Tensor& features) { return static_cast<int64_t>(features.nbytes()); }

}  // namespace

at::Tensor FeatureCache::find(uint64_t id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return {};
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->features;
}

void FeatureCache::keep(uint64_t id, const at::Tensor& features) {
  if (bytes_of(features) > kCapacityBytes || places_.count(id)) return;
  entries_.push_front({id, features});
  places_[id] = entries_.begin();
  bytes_ += bytes_of(features);
  while (bytes_ > kCapacityBytes) {
    bytes_ -= bytes_of(entries_.back().features);
    places_.erase(entries_.back().id);
    entries_.pop_back();
  }
}

void FeatureCache::clear() {
  entries_.clear();
  places_.clear();
  bytes_ = 0;
}

}  // namespace vqat::model
