#include "tensor/parameter.h"

#include "base/error.h"

namespace vqat {

Parameter& ParameterStore::add(std::string name, at::Tensor value) {
  auto parameter = std::make_unique<Parameter>(Parameter{name, std::move(value), {}});
  auto [place, inserted] = by_name_.emplace(std::move(name), std::move(parameter));
  if (!inserted) fail(Code::E_FORMAT, "parameter '", place->first, "' is there twice");
  order_.push_back(place->second.get());
  return *place->second;
}

Parameter& ParameterStore::get(const std::string& name, at::IntArrayRef shape) {
  Parameter* parameter = find(name);
  if (!parameter) fail(Code::E_FORMAT, "parameter '", name, "' is missing");
  if (!shape.empty() && parameter->value.sizes() != shape)
    fail(Code::E_FORMAT, "parameter '", name, "': expected shape ", shape, ", found ",
         parameter->value.sizes());
  return *parameter;
}

Parameter* ParameterStore::find(const std::string& name) {
  auto place = by_name_.find(name);
  return place == by_name_.end() ? nullptr : place->second.get();
}

void ParameterStore::remove(const std::string& name) {
  std::erase(order_, &get(name));
  by_name_.erase(name);
}

}  // namespace vqat
