// Host arrays that go to a device together: each copy to a device waits for all that was asked of it before.
#pragma once

#include <memory>
#include <ranges>
#include <vector>

#include "tensor/torch_compat.h"

namespace vqat {

class Upload {
 public:
  // Every array begins at a multiple of so many bytes.
  static constexpr int64_t kAlign = 64;

  // `to` becomes a tensor [values] of their type once they are sent, and must stay where it is until then. A
  // vector is taken over; what a span refers to must live until then.
  template <std::ranges::contiguous_range Values>
  void add(Values values, at::Tensor* to) {
    using T = std::ranges::range_value_t<Values>;
    const auto kept = std::make_shared<const Values>(std::move(values));
    const auto count = static_cast<int64_t>(std::ranges::size(*kept));
    place({.owner = kept,
           .from = std::ranges::data(*kept),
           .bytes = count * static_cast<int64_t>(sizeof(T)),
           .type = c10::CppTypeToScalarType<T>::value,
           .shape = {count},
           .to = to});
  }
  // The same for a tensor on the CPU, which keeps its shape.
  void add(const at::Tensor& values, at::Tensor* to);

  // Bytes of all arrays with what lies between them.
  int64_t bytes() const { return bytes_; }

  // One copy to the device; on the CPU the tensors are the gathered memory itself.
  void send(at::Device device);
  // The same into the first bytes() of `memory`, uint8, so that equal calls give equal addresses.
  void send_into(const at::Tensor& memory);

 private:
  struct Part {
    std::shared_ptr<const void> owner;
    const void* from;
    int64_t bytes;
    at::ScalarType type;
    std::vector<int64_t> shape;
    at::Tensor* to;
    int64_t begin = 0;
  };

  void place(Part part);
  void gather(const at::Tensor& host) const;
  void hand_out(const at::Tensor& memory);

  std::vector<Part> parts_;
  int64_t bytes_ = 0;
};

}  // namespace vqat
