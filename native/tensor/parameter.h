// The model's tensors by name, in one fixed order.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "tensor/torch_compat.h"

namespace vqat {

struct Parameter {
  std::string name;
  at::Tensor value;  // the model's dtype and device
  at::Tensor grad;   // float32, same shape, accumulated into; undefined when frozen

  bool trainable() const { return grad.defined(); }
};

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
  const std::vector<Parameter*>& in_order() const { return order_; }

 private:
  std::unordered_map<std::string, std::unique_ptr<Parameter>> by_name_;
  std::vector<Parameter*> order_;
};

}  // namespace vqat
