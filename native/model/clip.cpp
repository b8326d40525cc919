#include "model/clip.h"

#include <atomic>
#include <cstring>
#include <numeric>

#include "kernels/normalize/normalize.h"
#include "kernels/resize/resize.h"
#include "tensor/dispatch.h"

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
  order_.resize(frames);
  std::iota(order_.begin(), order_.end(), 0);
  frames_->written.assign(frames, 0);
  frames_->bytes.resize(frames * size * size * kChannels);
}

void Clip::write_frame(int64_t index, const uint8_t* rgb, int64_t width, int64_t height) {
  check(index >= 0 && index < frames(), "frame ", index, " of a clip of ", frames(), " frames");
  const int64_t frame_bytes = size_ * size_ * kChannels;
  kernels::resize({.in = rgb,
                   .in_width = width,
                   .in_height = height,
                   .out = frames_->bytes.data() + index * frame_bytes,
                   .out_width = size_,
                   .out_height = size_});
  frames_->written[index] = 1;
}

void Clip::write_pixels(const float* pixels) {
  frames_->pixels =
      at::from_blob(const_cast<float*>(pixels), {frames(), kChannels, size_, size_}, at::kFloat).clone();
  frames_->written.assign(frames(), 1);
  frames_->bytes.clear();
}

std::shared_ptr<Clip> Clip::perturb(const std::vector<int32_t>& indices) const {
  check(!indices.empty(), "a perturbed clip needs at least one frame");
  auto clip = std::make_shared<Clip>(*this);
  clip->id_ = next_id();
  clip->order_.clear();
  for (const int32_t index : indices) {
    check(index >= -1 && index < frames(), "frame ", index, " of a clip of ", frames(), " frames");
    clip->order_.push_back(index < 0 ? -1 : order_[index]);
  }
  return clip;
}

int64_t Clip::bytes() const {
  return static_cast<int64_t>(frames_->bytes.size()) +
         (frames_->pixels.defined() ? static_cast<int64_t>(frames_->pixels.nbytes()) : 0);
}

void Clip::check_written() const {
  for (const int32_t index : order_)
    check(index < 0 || frames_->written[index], "frame ", index, " of the clip was never written");
}

at::Tensor Clip::pixels(at::ScalarType dtype, at::Device device) const {
  check_written();
  at::Tensor out = at::zeros({frames(), kChannels, size_, size_}, at::dtype(dtype));
  if (frames_->pixels.defined()) {
    for (int64_t i = 0; i < frames(); ++i)
      if (order_[i] >= 0) out[i].copy_(frames_->pixels[order_[i]]);
  } else {
    dispatch_storage(out, [&](auto zero) {
      using T = decltype(zero);
      kernels::normalize<T>({.frames = frames_->bytes.data(),
                             .index = order_.data(),
                             .out = data<T>(out),
                             .count = frames(),
                             .size = size_});
    });
  }
  return out.to(device);
}

std::vector<uint8_t> Clip::read() const {
  check(!frames_->pixels.defined(), "a clip of normalised pixels has no bytes to read");
  check_written();
  const int64_t pixels = size_ * size_, frame_bytes = pixels * kChannels;
  std::vector<uint8_t> out(frames() * frame_bytes);
  for (int64_t i = 0; i < frames(); ++i) {
    uint8_t* to = out.data() + i * frame_bytes;
    if (order_[i] >= 0) {
      std::memcpy(to, frames_->bytes.data() + order_[i] * frame_bytes, frame_bytes);
    } else {
      for (int64_t p = 0; p < pixels; ++p) std::memcpy(to + p * kChannels, kMeanColour, kChannels);
    }
  }
  return out;
}

}  // namespace vqat::model
