#include "model/feature_cache.h"

namespace vqat::model {
namespace {

// About forty clips of the 8B model in bfloat16, or every clip of a small one.
constexpr int64_t kCapacityBytes = int64_t{512} << 20;

int64_t bytes_of(const Features& f) {
  return static_cast<int64_t>(f.tokens.nbytes() + (f.motion.defined() ? f.motion.nbytes() : 0));
}

}  // namespace

std::optional<Features> FeatureCache::find(uint64_t clip) {
  const auto place = places_.find(clip);
  if (place == places_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->features;
}

void FeatureCache::keep(uint64_t clip, const Features& features) {
  const int64_t bytes = bytes_of(features);
  if (bytes > kCapacityBytes || places_.count(clip)) return;
  entries_.push_front({clip, features, bytes});
  places_[clip] = entries_.begin();
  bytes_ += bytes;
  while (bytes_ > kCapacityBytes) {
    bytes_ -= entries_.back().bytes;
    places_.erase(entries_.back().clip);
    entries_.pop_back();
  }
}

void FeatureCache::clear() {
  entries_.clear();
  places_.clear();
  bytes_ = 0;
}

}  // namespace vqat::model
