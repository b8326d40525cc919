// What frozen networks gave for frames or clips, kept from call to call: the least recently used go first.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>

#include "tensor/torch_compat.h"

namespace vqat::model {

class FeatureCache {
 public:
  // Undefined when nothing is kept under this id.
  at::Tensor find(uint64_t id);
  void keep(uint64_t id, const at::Tensor& features);
  void clear();

 private:
  struct Entry {
    uint64_t id;
    at::Tensor features;
  };
  std::list<Entry> entries_;  // most recent first
  std::unordered_map<uint64_t, std::list<Entry>::iterator> places_;
  int64_t bytes_ = 0;
};

}  // namespace vqat::model
