// Features of clips under frozen encoders, kept from call to call: the least recently used go first.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tensor/torch_compat.h"

namespace vqat::model {

// Encoder outputs of clips, in order, before the projectors.
struct Features {
  at::Tensor tokens;            // [Σ visual tokens, 4·vision hidden]
  at::Tensor motion;            // [clips, motion width]; undefined without motion parts
  std::vector<int64_t> counts;  // visual tokens of each clip
};

class FeatureCache {
 public:
  std::optional<Features> find(uint64_t clip);
  void keep(uint64_t clip, const Features& features);
  void clear();

 private:
  struct Entry {
    uint64_t clip;
    Features features;
    int64_t bytes;
  };
  std::list<Entry> entries_;  // most recent first
  std::unordered_map<uint64_t, std::list<Entry>::iterator> places_;
  int64_t bytes_ = 0;
};

}  // namespace vqat::model
