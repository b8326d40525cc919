// The frames of one clip, held natively: bytes as they were resized, or pixels that arrive normalised. They
// go to a device once, as they are, and stay there as long as a clip has them. A perturbed clip shares its
// source's frames, on every device, and only orders them anew.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "tensor/torch_compat.h"

namespace vqat::model {

class Clip {
 public:
  // frames ≥ 1 of size × size pixels, none written yet.
  Clip(int64_t frames, int64_t size);

  // Resizes one RGB frame [height, width, 3] to its place. Different frames may be written at once.
  void write_frame(int64_t index, const uint8_t* rgb, int64_t width, int64_t height);
  // Normalised frames [frames, 3, size, size] instead of bytes.
  void write_pixels(const float* pixels);
  // The same frames in another order; −1 is a frame of zeros after normalisation.
  std::shared_ptr<Clip> perturb(const std::vector<int32_t>& indices) const;
  // All frames that it shares, as they were written: what it was perturbed from, or itself.
  std::shared_ptr<Clip> source() const;

  int64_t frames() const { return static_cast<int64_t>(order_.size()); }
  int64_t size() const { return size_; }
  // Unlike for any two clips of this process; names the clip in a cache.
  uint64_t id() const { return id_; }
  // The id of its source, which all that share these frames have in common.
  uint64_t source_id() const { return frames_->id; }
  // Which of its source's frames it shows; −1 is a frame of zeros.
  const std::vector<int32_t>& order() const { return order_; }
  bool has_blanks() const { return std::find(order_.begin(), order_.end(), -1) != order_.end(); }
  int64_t source_frames() const { return static_cast<int64_t>(frames_->written.size()); }

  // Normalised [frames, 3, size, size]. Throws E_ARGUMENT while a frame is missing.
  at::Tensor pixels(at::ScalarType dtype, at::Device device) const;
  // Bytes [frames, size, size, 3]; E_ARGUMENT for a clip of normalised pixels; a frame of zeros is the mean
  // colour.
  std::vector<uint8_t> read() const;

 private:
  // As they lie on a device, brought there once: by the first clip of these frames that asks.
  struct DeviceCopy {
    at::Tensor frames;
    std::mutex guard;
  };

  struct Frames {
    uint64_t id;                   // of the clip that they were written for
    at::Tensor bytes;              // uint8 [frames, size, size, 3]; undefined when pixels came
    at::Tensor pixels;             // float32 [frames, 3, size, size]; undefined unless they came
    std::vector<uint8_t> written;  // not vector<bool>: frames are written from several threads
    DeviceCopy copy;
  };

  void check_written() const;
  at::Tensor frames_on(const at::Device& device) const;
  const at::Tensor& order_on(const at::Device& device) const;

  int64_t size_;
  uint64_t id_;
  std::shared_ptr<Frames> frames_;
  std::vector<int32_t> order_;
  mutable at::Tensor order_copy_;  // int32 [frames], on the device that asked last; the engine's thread alone
};

}  // namespace vqat::model
