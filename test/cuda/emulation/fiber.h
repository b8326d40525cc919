// A stack and the registers to go on with. Switching costs no system call.
#pragma once

#include <cstddef>

namespace vqat::emulation {

struct Context {
  void* stack_pointer = nullptr;
  const void* stack = nullptr;  // lowest address, and size; of a thread's own stack what the sanitizer says
  size_t stack_bytes = 0;
  void* tsan = nullptr;
  void* asan = nullptr;
};

// Makes a context that begins in `entry`, which never returns. `top_gap` bytes at the top of the stack are
// left free, a multiple of 64: tops at one place of every stack would share a few sets of the cache.
void prepare(Context& context, void* stack, size_t bytes, void (*entry)(), size_t top_gap);

// Saves the running context and goes on in another. `ends`: the running one is never gone back to.
void switch_context(Context& from, Context& to, bool ends = false);

// Must be the first thing that an entry does.
void arrived();

}  // namespace vqat::emulation
