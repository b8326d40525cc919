// Features of clips under frozen encoders, kept from call to call: the least recently used go first.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "tensor/torch_compat.h"

namespace vqat::model {

// Encoder outputs of one clip, before the projectors.
struct ClipFeatures {
  at::Tensor tokens;  // [visual tokens, 4·vision hidden]
  at::Tensor motion;  // [1, motion width], or undefined when the model has no motion parts
};

class FeatureCache {
 public:
  std::optional<ClipFeatures> find(uint64_t clip);
  void keep(uint64_t clip, const ClipFeatures& features);
  void clear();

 private:
  struct Entry {
    uint64_t clip;
    ClipFeatures features;
    int64_t bytes;
  };
  std::list<Entry> entries_;  // most recent first
  std::unordered_map<uint64_t, std::list<Entry>::iterator> places_;
  int64_t bytes_ = 0;
};

}  // namespace vqat::model
