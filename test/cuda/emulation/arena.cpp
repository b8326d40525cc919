#include "emulation/arena.h"

#include <sys/mman.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "emulation/sanitizers.h"

namespace vqat::emulation {
namespace {

constexpr size_t kPage = 4096;
// The packed arena is opened and closed in whole huge pages, where the system gives them: with small ones the
// system call would touch every one of them, twice for each operator.
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kGuardedAlignment = 16, kPackedAlignment = 512;
constexpr size_t kMarked = 64;  // bytes behind a packed allocation, at least
// As float32, bfloat16 and double a NaN, as an integer a large number: what reads it is seen too.
constexpr unsigned char kMark[2] = {0xC1, 0x7F};

size_t round_up(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

// Packed blocks come in eight sizes per power of two, so that a freed one fits the next.
size_t packed_block(size_t bytes) {
  const size_t needed = round_up(bytes + kMarked, kPackedAlignment);
  return round_up(needed, std::max(kPackedAlignment, std::bit_floor(needed) / 8));
}

void mark(char* begin, char* end) {
  for (char* at = begin; at < end; ++at) *at = static_cast<char>(kMark[reinterpret_cast<uintptr_t>(at) % 2]);
  poison(begin, static_cast<size_t>(end - begin));
}

__attribute__((no_sanitize("address"))) bool is_marked(const char* begin, const char* end) {
  for (const char* at = begin; at < end; ++at)
    if (*at != static_cast<char>(kMark[reinterpret_cast<uintptr_t>(at) % 2])) return false;
  return true;
}

}  // namespace

Arena::Arena() {
  void* mapped =
      mmap(nullptr, kBytes + kHugePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) std::perror("memory of the emulated device"), std::exit(2);
  begin_ = reinterpret_cast<char*>(round_up(reinterpret_cast<uintptr_t>(mapped), kHugePage));
  packed_begin_ = begin_;
  top_ = begin_ + kPage;
}

void Arena::use(bool packed) {
  packed_ = packed;
  top_ = begin_ + round_up(static_cast<size_t>(top_ - begin_), packed ? kHugePage : kPage);
  packed_begin_ = packed_end_ = top_;
  if (packed) madvise(top_, static_cast<size_t>(begin_ + kBytes - top_), MADV_HUGEPAGE);
  free_.clear();
}

void Arena::allow(char* begin, size_t bytes, bool access) const {
  if (mprotect(begin, bytes, access ? PROT_READ | PROT_WRITE : PROT_NONE) == 0) return;
  std::perror("protection of the emulated device's memory");
  std::abort();
}

char* Arena::take_block(size_t bytes) {
  std::vector<char*>& free = free_[bytes];
  if (packed_ && !free.empty()) {
    char* block = free.back();
    free.pop_back();
    return block;
  }
  const size_t step = bytes + (packed_ ? 0 : kPage);
  if (step > static_cast<size_t>(begin_ + kBytes - top_)) return nullptr;
  char* block = top_;
  top_ += step;
  return block;
}

void Arena::cover(char* end) {
  if (end <= packed_end_) return;
  char* const before = packed_end_;
  packed_end_ = packed_begin_ + round_up(static_cast<size_t>(end - packed_begin_), kHugePage);
  if (open_) allow(before, static_cast<size_t>(packed_end_ - before), true);
}

void* Arena::allocate(size_t bytes, int fill) {
  const size_t room = round_up(bytes, kGuardedAlignment);
  const size_t block_bytes = packed_ ? packed_block(bytes) : round_up(room, kPage);
  char* const block = take_block(block_bytes);
  if (!block) return nullptr;
  const bool was_open = open_;
  if (packed_) {
    cover(top_);
    protect(true);
  } else {
    allow(block, block_bytes, true);
  }
  char* const pointer = packed_ ? block : block + block_bytes - room;
  unpoison(block, block_bytes);
  fill_unseen(pointer, fill, bytes);
  mark(block, pointer);
  mark(pointer + bytes, block + block_bytes);
  if (packed_) protect(was_open);
  if (!packed_ && !was_open) allow(block, block_bytes, false);
  allocations_[pointer] = {block, block_bytes, bytes};
  used_ += bytes;
  return pointer;
}

std::string Arena::deallocate(char* pointer, int fill) {
  const auto found = allocations_.find(pointer);
  if (found == allocations_.end()) return "memory was freed that is not allocated";
  const Allocation of = found->second;
  const bool was_open = open_;
  protect(true);
  std::string text = damage(pointer, of);
  unpoison(of.block, of.block_bytes);
  if (packed_) {
    fill_unseen(of.block, fill, of.block_bytes);
    poison(of.block, of.block_bytes);
    free_[of.block_bytes].push_back(of.block);
  } else {
    madvise(of.block, of.block_bytes, MADV_DONTNEED);
    allow(of.block, of.block_bytes, false);
  }
  used_ -= of.bytes;
  allocations_.erase(found);
  protect(was_open);
  return text;
}

bool Arena::contains(const char* pointer, size_t bytes) const {
  auto next = allocations_.upper_bound(const_cast<char*>(pointer));
  if (next == allocations_.begin()) return false;
  const auto& [begin, of] = *--next;
  return pointer + bytes <= begin + of.bytes;
}

std::string Arena::damage(char* pointer, const Allocation& of) const {
  const bool before = !is_marked(of.block, pointer);
  if (!before && is_marked(pointer + of.bytes, of.block + of.block_bytes)) return "";
  return "bytes " + std::string(before ? "before" : "behind") + " an allocation of " +
         std::to_string(of.bytes) + " bytes were written to";
}

std::string Arena::damaged() const {
  for (const auto& [pointer, of] : allocations_) {
    std::string text = damage(pointer, of);
    if (!text.empty()) return text;
  }
  return "";
}

void Arena::protect(bool open) {
  if (open == open_) return;
  open_ = open;
  if (packed_) {
    if (packed_end_ > packed_begin_)
      allow(packed_begin_, static_cast<size_t>(packed_end_ - packed_begin_), open);
    return;
  }
  for (const auto& [pointer, of] : allocations_) allow(of.block, of.block_bytes, open);
}

}  // namespace vqat::emulation
