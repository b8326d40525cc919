#include "tensor/weights.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "tensor/host.h"

namespace vqat {
namespace {

// Bytes of a file that are converted at once, or written at once.
constexpr int64_t kPiece = int64_t{64} << 20;

at::Tensor random_values(const RandomStart& start, int64_t count) {
  check(count <= UINT32_MAX, "random start: expected at most 2^32 values, found ", count);
  at::Tensor out = at::empty({count}, at::kFloat);
  auto* values = out.data_ptr<float>();
  for (int64_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(start.low + (start.high - start.low) *
                                                   uniform(start.stream, static_cast<uint32_t>(i), 0));
  return out;
}

constexpr std::pair<const char*, at::ScalarType> kTypes[] = {
    {"F32", at::kFloat}, {"BF16", at::kBFloat16}, {"F16", at::kHalf}, {"U8", at::kByte}};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

int64_t byte_count(const WrittenTensor& tensor) {
  if (tensor.is_copied()) return static_cast<int64_t>(tensor.copied.size());
  int64_t bytes = static_cast<int64_t>(at::elementSize(tensor.dtype));
  for (const int64_t size : tensor.shape) bytes *= size;
  return bytes;
}

std::string header_of(const std::vector<WrittenTensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  std::ostringstream json;
  json << "{\"__metadata__\":{";
  const char* comma = "";
  for (const auto& [key, value] : metadata) {
    json << comma << quoted(key) << ':' << quoted(value);
    comma = ",";
  }
  json << '}';
  int64_t offset = 0;
  for (const WrittenTensor& tensor : tensors) {
    json << ',' << quoted(tensor.name) << ":{\"dtype\":\""
         << (tensor.is_copied() ? tensor.copied_type : type_name(tensor.dtype)) << "\",\"shape\":[";
    for (size_t i = 0; i < tensor.shape.size(); ++i) json << (i ? "," : "") << tensor.shape[i];
    const int64_t end = offset + byte_count(tensor);
    json << "],\"data_offsets\":[" << offset << ',' << end << "]}";
    offset = end;
  }
  json << '}';
  std::string text = json.str();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // tensors start aligned
  return text;
}

// A file that is written beside its place, gone again unless it was finished. Every error is E_FORMAT with
// the system's reason.
class PartFile {
 public:
  explicit PartFile(const std::string& path) : path_(path), part_(path + ".part") {
    fd_ = open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd_ < 0) refuse();
  }
  ~PartFile() {
    if (fd_ >= 0) close(fd_);
    if (!finished_) std::remove(part_.c_str());
  }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  void write(const void* bytes, size_t count) {
    const auto* from = static_cast<const char*>(bytes);
    while (count > 0) {
      const ssize_t done = ::write(fd_, from, count);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) refuse();
      from += done;
      count -= static_cast<size_t>(done);
    }
  }

  // On the disk before it has its name: after a power cut the old file is there, or all of the new one.
  void finish() {
    if (fsync(fd_) != 0) refuse();
    if (close(std::exchange(fd_, -1)) != 0) refuse();
    if (std::rename(part_.c_str(), path_.c_str()) != 0) refuse();
    finished_ = true;
  }

 private:
  [[noreturn]] void refuse() const {
    fail(Code::E_FORMAT, path_, ": cannot be written: ", std::strerror(errno));
  }

  const std::string path_, part_;
  int fd_ = -1;
  bool finished_ = false;
};

void write_values(PartFile& file, const WrittenTensor& tensor, const CancelToken& cancel) {
  if (tensor.is_copied()) return file.write(tensor.copied.data(), tensor.copied.size());
  const at::Tensor values = tensor.values();
  check(values.sizes() == tensor.shape, "tensor '", tensor.name, "': expected shape ",
        at::IntArrayRef(tensor.shape), ", found ", values.sizes());
  const at::Tensor flat = values.reshape({-1});
  const int64_t piece = kPiece / static_cast<int64_t>(at::elementSize(tensor.dtype));
  for (int64_t done = 0; done < flat.size(0); done += piece) {
    cancel.check();
    const at::Tensor part =
        on_host(flat.narrow(0, done, std::min(piece, flat.size(0) - done)).to(tensor.dtype)).contiguous();
    file.write(part.data_ptr(), part.nbytes());
    cancel.advance(static_cast<int64_t>(part.nbytes()));
  }
}

}  // namespace

const char* type_name(at::ScalarType type) {
  for (const auto& [name, known] : kTypes)
    if (known == type) return name;
  fail(Code::E_FORMAT, "tensors of type ", at::toString(type), " are not stored");
}

at::ScalarType type_named(const std::string& name) {
  for (const auto& [known, type] : kTypes)
    if (known == name) return type;
  fail(Code::E_FORMAT, "stored type '", name, "': expected F32, BF16, F16 or U8");
}

struct WeightReader::Mapping {
  const uint8_t* bytes = nullptr;
  int64_t size = 0;

  // Gives the whole pages of a range back; a later read would fetch them again.
  void release(const uint8_t* from, int64_t count) const {
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const uintptr_t begin = (reinterpret_cast<uintptr_t>(from) + page - 1) / page * page;
    const uintptr_t end = (reinterpret_cast<uintptr_t>(from) + static_cast<uintptr_t>(count)) / page * page;
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }

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

at::Tensor WeightReader::read(const StoredTensor& stored, at::ScalarType dtype, at::Device device,
                              const CancelToken& cancel) {
  cancel.check();
  at::Tensor out = at::empty(stored.shape, at::dtype(dtype).device(device));
  const at::Tensor flat = out.view({-1});
  if (stored.start) {
    flat.copy_(random_values(*stored.start, flat.size(0)));
    return out;
  }
  if (stored.drawn) {
    flat.uniform_(stored.drawn->low, stored.drawn->high);
    return out;
  }
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
    copy(file, source, flat.narrow(0, at, count), cancel);
    at += count;
  }
  cancel.check();
  if (at != flat.size(0))
    fail(Code::E_FORMAT, "tensor '", stored.name, "': expected ", flat.size(0), " values, found ", at);
  return out;
}

void WeightReader::copy(const Mapping& file, const TensorSource& source, const at::Tensor& out,
                        const CancelToken& cancel) {
  const auto width = static_cast<int64_t>(at::elementSize(source.dtype));
  for (int64_t done = 0; done < out.size(0);) {
    cancel.check();
    const int64_t count = std::min(kPiece / width, out.size(0) - done), bytes = count * width;
    // Offsets in a file need not be aligned to the element: copy through bytes when they are not.
    const uint8_t* from = file.bytes + source.begin + done * width;
    at::Tensor values;
    if (reinterpret_cast<uintptr_t>(from) % static_cast<uintptr_t>(width) == 0) {
      values = at::from_blob(const_cast<uint8_t*>(from), {count}, at::dtype(source.dtype));
    } else {
      values = at::empty({count}, at::dtype(source.dtype));
      std::memcpy(values.data_ptr(), from, static_cast<size_t>(bytes));
    }
    out.narrow(0, done, count).copy_(values);
    file.release(from, bytes);
    cancel.advance(bytes);
    done += count;
  }
}

void write_safetensors(const std::string& path, const std::vector<WrittenTensor>& tensors,
                       const std::map<std::string, std::string>& metadata, const CancelToken& cancel) {
  const std::string header = header_of(tensors, metadata);
  PartFile file(path);
  const uint64_t length = header.size();
  file.write(&length, sizeof length);
  file.write(header.data(), header.size());
  for (const WrittenTensor& tensor : tensors) write_values(file, tensor, cancel);
  file.finish();
}

}  // namespace vqat
