#include "model/clip.h"

#include <atomic>
#include <cstring>
#include <numeric>

#include "base/error.h"
#include "tensor/host.h"
#include "tensor/ops/pixels.h"

namespace vqat::model {
namespace {

constexpr int64_t kChannels = 3;
// The normalisation's mean as bytes: what a frame of zeros looks like.
constexpr uint8_t kMeanColour[kChannels] = {124, 116, 104};

uint64_t next_id() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

Clip::Clip(int64_t frames, int64_t size) : size_(size), id_(next_id()), frames_(std::make_shared<Frames>()) {
  check(frames >= 1 && size >= 1, "a clip of ", frames, " frames of ", size,
        " pixels: both must be at least 1");
  frames_->id = id_;
  order_.resize(frames);
  std::iota(order_.begin(), order_.end(), 0);
  frames_->written.assign(frames, 0);
  frames_->bytes = at::empty({frames, size, size, kChannels}, at::kByte);
}

void Clip::write_frame(int64_t index, const uint8_t* rgb, int64_t width, int64_t height) {
  check(index >= 0 && index < frames(), "frame ", index, " of a clip of ", frames(), " frames");
  ops::resize(borrow(rgb, {height, width, kChannels}), frames_->bytes[index]);
  frames_->written[index] = 1;
}

void Clip::write_pixels(const float* pixels) {
  frames_->pixels = borrow(pixels, {frames(), kChannels, size_, size_}).clone();
  frames_->bytes.reset();
  frames_->written.assign(frames(), 1);
}

std::shared_ptr<Clip> Clip::perturb(const std::vector<int32_t>& indices) const {
  check(!indices.empty(), "a perturbed clip needs at least one frame");
  auto clip = std::make_shared<Clip>(*this);
  clip->id_ = next_id();
  clip->order_.clear();
  clip->order_copy_.reset();
  for (const int32_t index : indices) {
    check(index >= -1 && index < frames(), "frame ", index, " of a clip of ", frames(), " frames");
    clip->order_.push_back(index < 0 ? -1 : order_[index]);
  }
  return clip;
}

std::shared_ptr<Clip> Clip::source() const {
  auto clip = std::make_shared<Clip>(*this);
  clip->id_ = frames_->id;
  clip->order_.resize(frames_->written.size());
  std::iota(clip->order_.begin(), clip->order_.end(), 0);
  clip->order_copy_.reset();
  return clip;
}

void Clip::check_written() const {
  for (const int32_t index : order_)
    check(index < 0 || frames_->written[index], "frame ", index, " of the clip was never written");
}

at::Tensor Clip::pixels(at::ScalarType dtype, at::Device device) const {
  check_written();
  const at::Tensor frames = frames_on(device), order = order_on(device);
  if (!frames_->pixels.defined()) return ops::normalize(frames, order, dtype);
  at::Tensor out = frames.index_select(0, order.clamp_min(0)).to(dtype);
  for (size_t i = 0; i < order_.size(); ++i)
    if (order_[i] < 0) out[static_cast<int64_t>(i)].zero_();
  return out;
}

at::Tensor Clip::frames_on(const at::Device& device) const {
  const at::Tensor& own = frames_->pixels.defined() ? frames_->pixels : frames_->bytes;
  if (device.is_cpu()) return own;
  const std::lock_guard lock(frames_->copy.guard);
  at::Tensor& copy = frames_->copy.frames;
  if (!copy.defined() || copy.device() != device) copy = own.to(device);
  return copy;
}

const at::Tensor& Clip::order_on(const at::Device& device) const {
  if (!order_copy_.defined() || order_copy_.device() != device) order_copy_ = on_device(order_, device);
  return order_copy_;
}

std::vector<uint8_t> Clip::read() const {
  check(!frames_->pixels.defined(), "a clip of normalised pixels has no bytes to read");
  check_written();
  const int64_t pixels = size_ * size_, frame_bytes = pixels * kChannels;
  std::vector<uint8_t> out(frames() * frame_bytes);
  for (int64_t i = 0; i < frames(); ++i) {
    uint8_t* to = out.data() + i * frame_bytes;
    if (order_[i] >= 0) {
      std::memcpy(to, frames_->bytes.data_ptr<uint8_t>() + order_[i] * frame_bytes, frame_bytes);
    } else {
      for (int64_t p = 0; p < pixels; ++p) std::memcpy(to + p * kChannels, kMeanColour, kChannels);
    }
  }
  return out;
}

}  // namespace vqat::model
