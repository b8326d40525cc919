// The sanitizers' calls for fibers and memory. Weak: there when the program was built with one, null
// otherwise, so that one library serves every build.
#pragma once

#include <cstddef>

extern "C" {
__attribute__((weak)) void* __tsan_get_current_fiber();
__attribute__((weak)) void* __tsan_create_fiber(unsigned flags);
__attribute__((weak)) void __tsan_destroy_fiber(void* fiber);
__attribute__((weak)) void __tsan_switch_to_fiber(void* fiber, unsigned flags);
__attribute__((weak)) void __tsan_set_fiber_name(void* fiber, const char* name);
__attribute__((weak)) void __tsan_acquire(void* at);
__attribute__((weak)) void __tsan_release(void* at);
__attribute__((weak)) void __sanitizer_start_switch_fiber(void** save, const void* bottom, size_t size);
__attribute__((weak)) void __sanitizer_finish_switch_fiber(void* saved, const void** bottom, size_t* size);
__attribute__((weak)) void __asan_poison_memory_region(const volatile void* begin, size_t size);
__attribute__((weak)) void __asan_unpoison_memory_region(const volatile void* begin, size_t size);
}

namespace vqat::emulation {

// What the thread sanitizer is told: all that was done before a release is seen after the acquire.
inline void release(void* at) {
  if (__tsan_release) __tsan_release(at);
}
inline void acquire(void* at) {
  if (__tsan_acquire) __tsan_acquire(at);
}
inline void poison(const void* begin, size_t size) {
  if (__asan_poison_memory_region) __asan_poison_memory_region(begin, size);
}
inline void unpoison(const void* begin, size_t size) {
  if (__asan_unpoison_memory_region) __asan_unpoison_memory_region(begin, size);
}

// Unlike memcpy and memset, unseen by the sanitizers: a shuffle orders no memory, and fills touch guards.
inline void copy_unseen(void* to, const void* from, size_t bytes) {
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
}
// The same of one number, where the instruction above would take its time.
inline void copy_number_unseen(void* to, const void* from, size_t bytes) {
  if (bytes == 4) {
    __builtin_memcpy(to, from, 4);
  } else if (bytes == 8) {
    __builtin_memcpy(to, from, 8);
  } else {
    copy_unseen(to, from, bytes);
  }
}
inline void fill_unseen(void* to, int byte, size_t bytes) {
  asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(byte) : "memory");
}

}  // namespace vqat::emulation
