#include "tensor/weights.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace vqat {

struct WeightReader::Mapping {
  const uint8_t* bytes = nullptr;
  int64_t size = 0;
  ~Mapping() {
    if (bytes) munmap(const_cast<uint8_t*>(bytes), static_cast<size_t>(size));
  }
};

WeightReader::WeightReader() = default;
WeightReader::~WeightReader() = default;

const WeightReader::Mapping& WeightReader::map(const std::string& file) {
  auto& place = mappings_[file];
  if (place) return *place;
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(Code::E_FORMAT, file, ": cannot be opened: ", std::strerror(errno));
  struct stat info {};
  const bool sized = fstat(fd, &info) == 0 && info.st_size > 0;
  void* bytes =
      sized ? mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  close(fd);
  if (bytes == MAP_FAILED) fail(Code::E_FORMAT, file, ": cannot be mapped: ", std::strerror(errno));
  place = std::make_unique<Mapping>();
  place->bytes = static_cast<const uint8_t*>(bytes);
  place->size = info.st_size;
  return *place;
}

at::Tensor WeightReader::read(const StoredTensor& stored, at::ScalarType dtype, at::Device device) {
  at::Tensor out = at::empty(stored.shape, at::dtype(dtype).device(device));
  at::Tensor flat = out.view({-1});
  int64_t at = 0;
  for (const TensorSource& source : stored.sources) {
    const Mapping& file = map(source.file);
    const int64_t bytes = source.end - source.begin,
                  width = static_cast<int64_t>(at::elementSize(source.dtype));
    if (source.begin < 0 || bytes < 0 || source.end > file.size || bytes % width != 0)
      fail(Code::E_FORMAT, source.file, ": tensor '", stored.name, "' claims bytes ", source.begin, " to ",
           source.end, " of a file of ", file.size);
    const int64_t count = bytes / width;
    if (at + count > flat.size(0))
      fail(Code::E_FORMAT, source.file, ": tensor '", stored.name, "' holds more values than its shape");
    // Offsets in a file need not be aligned to the element: copy through bytes when they are not.
    const uint8_t* from = file.bytes + source.begin;
    at::Tensor values;
    if (reinterpret_cast<uintptr_t>(from) % static_cast<uintptr_t>(width) == 0) {
      values = at::from_blob(const_cast<uint8_t*>(from), {count}, at::dtype(source.dtype));
    } else {
      values = at::empty({count}, at::dtype(source.dtype));
      std::memcpy(values.data_ptr(), from, static_cast<size_t>(bytes));
    }
    flat.narrow(0, at, count).copy_(values);
    at += count;
  }
  if (at != flat.size(0))
    fail(Code::E_FORMAT, "tensor '", stored.name, "': expected ", flat.size(0), " values, found ", at);
  return out;
}

namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string header_of(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
  std::ostringstream json;
  json << "{\"__metadata__\":{";
  const char* comma = "";
  for (const auto& [key, value] : metadata) {
    json << comma << quoted(key) << ':' << quoted(value);
    comma = ",";
  }
  json << '}';
  int64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const bool f32 = tensor.scalar_type() == at::kFloat;
    check(f32 || tensor.scalar_type() == at::kBFloat16, "tensor '", name,
          "': only float32 and bfloat16 are written");
    json << ',' << quoted(name) << ":{\"dtype\":\"" << (f32 ? "F32" : "BF16") << "\",\"shape\":[";
    for (int64_t i = 0; i < tensor.dim(); ++i) json << (i ? "," : "") << tensor.size(i);
    const auto end = offset + static_cast<int64_t>(tensor.nbytes());
    json << "],\"data_offsets\":[" << offset << ',' << end << "]}";
    offset = end;
  }
  json << '}';
  std::string text = json.str();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // tensors start aligned
  return text;
}

}  // namespace

void write_safetensors(const std::string& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::string header = header_of(tensors, metadata), part = path + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  if (!file) fail(Code::E_FORMAT, part, ": cannot be written: ", std::strerror(errno));
  const uint64_t length = header.size();
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file.write(header.data(), static_cast<std::streamsize>(header.size()));
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor host = tensor.contiguous().cpu();
    file.write(static_cast<const char*>(host.data_ptr()), static_cast<std::streamsize>(host.nbytes()));
  }
  file.close();
  if (!file || std::rename(part.c_str(), path.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    std::remove(part.c_str());
    fail(Code::E_FORMAT, path, ": cannot be written: ", why);
  }
}

}  // namespace vqat
