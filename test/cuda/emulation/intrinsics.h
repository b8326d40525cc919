// Functions of CUDA C++ on one thread's own values: bits, conversions, approximate mathematics (here exact),
// atomics. Only what the kernels use or are about to.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

inline int __ffs(int bits) { return __builtin_ffs(bits); }
inline int __ffsll(long long bits) { return __builtin_ffsll(bits); }
inline int __clz(int bits) { return bits == 0 ? 32 : __builtin_clz(static_cast<unsigned>(bits)); }
inline int __clzll(long long bits) {
  return bits == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(bits));
}
inline int __popc(unsigned bits) { return __builtin_popcount(bits); }
inline int __popcll(unsigned long long bits) { return __builtin_popcountll(bits); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((uint64_t{a} * b) >> 32); }

namespace vqat::emulation {
template <class To, class From>
To same_bits(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
}  // namespace vqat::emulation

inline unsigned __float_as_uint(float value) { return vqat::emulation::same_bits<unsigned>(value); }
inline int __float_as_int(float value) { return vqat::emulation::same_bits<int>(value); }
inline float __uint_as_float(unsigned bits) { return vqat::emulation::same_bits<float>(bits); }
inline float __int_as_float(int bits) { return vqat::emulation::same_bits<float>(bits); }
inline long long __double_as_longlong(double value) { return vqat::emulation::same_bits<long long>(value); }
inline double __longlong_as_double(long long bits) { return vqat::emulation::same_bits<double>(bits); }

inline float rsqrtf(float value) { return 1 / std::sqrt(value); }
inline float __expf(float value) { return std::exp(value); }
inline float __logf(float value) { return std::log(value); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __frcp_rn(float value) { return 1 / value; }
template <class V>
V __ldg(const V* at) {
  return *at;
}

// Threads change at barriers and warp operations only; atomic all the same, for the race detector.
template <class V>
V atomicAdd(V* at, std::type_identity_t<V> value) {
  if constexpr (std::is_integral_v<V>) {
    return __atomic_fetch_add(at, value, __ATOMIC_RELAXED);
  } else {
    V before, after;
    __atomic_load(at, &before, __ATOMIC_RELAXED);
    do {
      after = before + value;
    } while (!__atomic_compare_exchange(at, &before, &after, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return before;
  }
}
template <class V>
V atomicMax(V* at, std::type_identity_t<V> value) {
  V before = __atomic_load_n(at, __ATOMIC_RELAXED);
  while (before < value &&
         !__atomic_compare_exchange_n(at, &before, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return before;
}
template <class V>
V atomicMin(V* at, std::type_identity_t<V> value) {
  V before = __atomic_load_n(at, __ATOMIC_RELAXED);
  while (value < before &&
         !__atomic_compare_exchange_n(at, &before, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return before;
}
template <class V>
V atomicCAS(V* at, std::type_identity_t<V> expected, std::type_identity_t<V> value) {
  __atomic_compare_exchange_n(at, &expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return expected;
}

template <class A, class B>
constexpr std::common_type_t<A, B> min(A a, B b) {
  using V = std::common_type_t<A, B>;
  return static_cast<V>(b) < static_cast<V>(a) ? static_cast<V>(b) : static_cast<V>(a);
}
template <class A, class B>
constexpr std::common_type_t<A, B> max(A a, B b) {
  using V = std::common_type_t<A, B>;
  return static_cast<V>(a) < static_cast<V>(b) ? static_cast<V>(b) : static_cast<V>(a);
}
