// Tensors in and out of weight files: byte ranges of memory-mapped files to tensors, tensors to safetensors.
// Headers are read by TypeScript; here only ranges are checked against the file.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tensor/torch_compat.h"

namespace vqat {

struct TensorSource {
  std::string file;
  int64_t begin, end;  // bytes
  at::ScalarType dtype;
};

// A tensor as its sources joined along axis 0.
struct StoredTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<TensorSource> sources;
};

// Maps files once and reads from them; the mappings live as long as the reader.
class WeightReader {
 public:
  WeightReader();
  ~WeightReader();
  // A new tensor of this dtype on this device. E_FORMAT naming file and tensor when a range lies outside its
  // file or the sizes do not fit.
  at::Tensor read(const StoredTensor& stored, at::ScalarType dtype, at::Device device);

 private:
  struct Mapping;
  const Mapping& map(const std::string& file);
  std::map<std::string, std::unique_ptr<Mapping>> mappings_;
};

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// Writes a safetensors file (float32 or bfloat16), complete or not at all: a neighbour file, then a rename.
void write_safetensors(const std::string& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace vqat
