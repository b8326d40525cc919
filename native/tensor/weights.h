// Tensors in and out of weight files: byte ranges of memory-mapped files to tensors, tensors to safetensors.
// Headers are read by TypeScript; here only ranges are checked against the file.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "tensor/torch_compat.h"

namespace vqat {

// Element types of files by safetensors' names: F32, BF16, F16, U8. E_FORMAT for any other.
const char* type_name(at::ScalarType type);
at::ScalarType type_named(const std::string& name);

struct TensorSource {
  std::string file;
  int64_t begin, end;  // bytes
  at::ScalarType dtype;
};

// Uniform values in [low, high): value i is number (i, 0) of the stream.
struct RandomStart {
  uint64_t stream;
  double low, high;
};

// Uniform values in [low, high) of libtorch's own generator on the tensor's device.
struct Drawn {
  double low, high;
};

// A tensor as its sources joined along axis 0, or as random values of either kind.
struct StoredTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<TensorSource> sources;
  std::optional<RandomStart> start;
  std::optional<Drawn> drawn = {};
};

// Maps files once and reads from them in pieces; pages that were read are given back, so that no more of a
// file than a piece lies in memory. The mappings live as long as the reader.
class WeightReader {
 public:
  WeightReader();
  ~WeightReader();
  // A new tensor of this dtype on this device. E_FORMAT naming file and tensor when a range lies outside its
  // file or the sizes do not fit. Advances `cancel` by bytes of the files.
  at::Tensor read(const StoredTensor& stored, at::ScalarType dtype, at::Device device,
                  const CancelToken& cancel);

 private:
  struct Mapping;
  const Mapping& map(const std::string& file);
  void copy(const Mapping& file, const TensorSource& source, const at::Tensor& out,
            const CancelToken& cancel);
  std::map<std::string, std::unique_ptr<Mapping>> mappings_;
};

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// A tensor to write; its values are made when its turn comes, so that only one is in memory.
struct WrittenTensor {
  std::string name;
  std::vector<int64_t> shape;
  at::ScalarType dtype = at::kFloat;  // one of those that type_name knows
  std::function<at::Tensor()> values = {};
  // Instead of dtype and values: the format's name of any type, and bytes as another file had them.
  std::string copied_type = {};
  std::span<const uint8_t> copied = {};

  bool is_copied() const { return !copied_type.empty(); }
};

// Writes a safetensors file, complete or not at all: a neighbour file, on the disk before it is renamed.
void write_safetensors(const std::string& path, const std::vector<WrittenTensor>& tensors,
                       const std::map<std::string, std::string>& metadata, const CancelToken& cancel);

}  // namespace vqat
