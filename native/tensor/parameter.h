// The model's tensors by name, in one fixed order.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tensor/torch_compat.h"

namespace vqat {

struct Parameter {
  std::string name;
  at::Tensor value;  // the model's dtype and device; an adapter's is float32
  at::Tensor grad;   // float32, same shape, accumulated into; undefined when frozen

  bool trainable() const { return grad.defined(); }
};

// Whether a part trains: a parameter (nullptr is none), an object that answers trainable(), or a list of
// such.
inline bool trains(const Parameter* parameter) { return parameter && parameter->trainable(); }
template <class Part>
auto trains(const Part& part) -> decltype(part.trainable()) {
  return part.trainable();
}
template <class Part>
bool trains(const std::optional<Part>& part) {
  return part && part->trainable();
}
template <class Part>
bool trains(const std::vector<Part>& parts) {
  for (const Part& part : parts)
    if (part.trainable()) return true;
  return false;
}

// A block's answer: an OR over everything in it, so that no part decides for the others.
template <class... Parts>
bool any_trains(const Parts&... parts) {
  return (trains(parts) || ...);
}

// Owns the parameters; addresses stay valid as long as the store does.
class ParameterStore {
 public:
  ParameterStore() = default;
  ParameterStore(const ParameterStore&) = delete;
  ParameterStore& operator=(const ParameterStore&) = delete;

  // Throws E_FORMAT when the name is taken.
  Parameter& add(std::string name, at::Tensor value);
  // Throws E_FORMAT when there is none of this name, or its shape differs from `shape` (empty: any shape).
  Parameter& get(const std::string& name, at::IntArrayRef shape = {});
  // nullptr when there is none.
  Parameter* find(const std::string& name);
  // Nobody may hold it any more.
  void remove(const std::string& name);
  const std::vector<Parameter*>& in_order() const { return order_; }

 private:
  std::unordered_map<std::string, std::unique_ptr<Parameter>> by_name_;
  std::vector<Parameter*> order_;
};

}  // namespace vqat
