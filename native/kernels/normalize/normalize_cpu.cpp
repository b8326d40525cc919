// Normalisation, fast: the reference fills a table of the 256 byte values, the frames then only look up.
// Planes over threads; reads one byte in three per plane, writes each value once.
#include <algorithm>
#include <array>

#include "kernels/fast.h"
#include "kernels/normalize/normalize.h"

namespace vqat::kernels {
namespace {

// Every byte value through the definition itself: a 16 x 16 image whose pixel p is (p, p, p).
template <class T>
std::array<T, 3 * 256> make_table() {
  std::array<uint8_t, 3 * 256> pixels;
  for (int p = 0; p < 256; ++p) std::fill_n(pixels.begin() + 3 * p, 3, static_cast<uint8_t>(p));
  const int32_t first = 0;
  std::array<T, 3 * 256> table;
  normalize_ref<T>({.frames = pixels.data(), .index = &first, .out = table.data(), .count = 1, .size = 16});
  return table;
}

}  // namespace

template <class T>
void normalize_cpu(const Normalize<T>& args) {
  static const std::array<T, 3 * 256> kTable = make_table<T>();
  const int64_t pixels = args.size * args.size;
#pragma omp parallel for if (args.count * 3 * pixels > kParallelElements)
  for (int64_t plane = 0; plane < args.count * 3; ++plane) {
    const int64_t channel = plane % 3;
    const int64_t frame = args.index[plane / 3];
    T* out = args.out + plane * pixels;
    if (frame < 0) {
      std::fill_n(out, pixels, T(0.0f));
      continue;
    }
    const uint8_t* in = args.frames + frame * pixels * 3 + channel;
    const T* table = kTable.data() + channel * 256;
    for (int64_t p = 0; p < pixels; ++p) out[p] = table[in[3 * p]];
  }
}

template void normalize_cpu(const Normalize<float>&);
template void normalize_cpu(const Normalize<bfloat16>&);

}  // namespace vqat::kernels
