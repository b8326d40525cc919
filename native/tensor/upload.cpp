#include "tensor/upload.h"

#include <cstring>

#include "base/error.h"

namespace vqat {
namespace {

at::Tensor host_bytes(int64_t count) { return at::empty({count}, at::kByte); }

}  // namespace

void Upload::add(const at::Tensor& values, at::Tensor* to) {
  check(values.is_cpu(), "upload: expected a tensor on the CPU, found one on ", values.device().str());
  const auto kept = std::make_shared<const at::Tensor>(values.contiguous());
  place({.owner = kept,
         .from = kept->data_ptr(),
         .bytes = static_cast<int64_t>(kept->nbytes()),
         .type = kept->scalar_type(),
         .shape = kept->sizes().vec(),
         .to = to});
}

void Upload::send(at::Device device) {
  const at::Tensor host = host_bytes(bytes_);
  gather(host);
  hand_out(host.to(device));
}

void Upload::send_into(const at::Tensor& memory) {
  check(memory.scalar_type() == at::kByte && memory.dim() == 1 && memory.size(0) >= bytes_,
        "upload: expected memory for ", bytes_, " bytes, found ", memory.sizes());
  const at::Tensor used = memory.narrow(0, 0, bytes_);
  if (used.is_cpu()) {
    gather(used);
  } else {
    const at::Tensor host = host_bytes(bytes_);
    gather(host);
    used.copy_(host);
  }
  hand_out(used);
}

void Upload::place(Part part) {
  part.begin = bytes_;
  bytes_ += (part.bytes + kAlign - 1) / kAlign * kAlign;
  parts_.push_back(std::move(part));
}

void Upload::gather(const at::Tensor& host) const {
  auto* to = host.data_ptr<uint8_t>();
  for (const Part& part : parts_)
    if (part.bytes > 0) std::memcpy(to + part.begin, part.from, static_cast<size_t>(part.bytes));
}

void Upload::hand_out(const at::Tensor& memory) {
  for (const Part& part : parts_)
    *part.to = memory.narrow(0, part.begin, part.bytes).view(part.type).view(part.shape);
  parts_.clear();
  bytes_ = 0;
}

}  // namespace vqat
