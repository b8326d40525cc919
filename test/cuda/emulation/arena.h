// The address range of the device and what lies in it; device_memory.cpp guards it by a lock. No locks here.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace vqat::emulation {

class Arena {
 public:
  Arena();
  // Both as device_memory.h says; only while nothing is allocated.
  void use(bool packed);
  bool packed() const { return packed_; }

  bool holds(const void* address) const {
    return address >= begin_ && address < static_cast<const void*>(begin_ + kBytes);
  }
  bool contains(const char* pointer, size_t bytes) const;
  // Null when the address range is used up.
  void* allocate(size_t bytes, int fill);
  std::string deallocate(char* pointer, int fill);
  // What the guards of all allocations say; memory must be open.
  std::string damaged() const;

  // What host code may do: every allocation is readable and writable, or none.
  void protect(bool open);
  bool is_open() const { return open_; }
  size_t bytes() const { return used_; }
  size_t allocations() const { return allocations_.size(); }

 private:
  // [block, block + block_bytes) is whole pages when guarded; what is not the allocation's own is marked.
  struct Allocation {
    char* block;
    size_t block_bytes, bytes;
  };
  static constexpr size_t kBytes = size_t{1} << 38;

  std::string damage(char* pointer, const Allocation& of) const;
  void allow(char* begin, size_t bytes, bool access) const;
  char* take_block(size_t bytes);
  // Lets the part that opens and closes reach so far, in huge pages.
  void cover(char* end);

  char* begin_;
  char* top_;  // what lies behind was never used
  char *packed_begin_, *packed_end_ = nullptr;
  bool open_ = false, packed_ = false;
  size_t used_ = 0;
  std::map<char*, Allocation> allocations_;
  std::map<size_t, std::vector<char*>> free_;  // blocks of the packed arena by size
};

}  // namespace vqat::emulation
