// Rotary embedding as defined in rope.h, in plain loops and double. Never tuned.
#include "kernels/rope/rope.h"

namespace vqat::kernels {

template <class T>
void rope_ref(const Rope<T>& args) {
  const int64_t half = args.head_dim / 2;
  for (int64_t m = 0; m < args.rows; ++m) {
    for (int64_t h = 0; h < args.heads; ++h) {
      T* x = args.x + m * args.row_stride + h * args.head_dim;
      for (int64_t j = 0; j < half; ++j) {
        const int64_t at = args.positions[m] * half + j;
        const double cosine = args.cos[at];
        const double sine = args.inverse ? -args.sin[at] : args.sin[at];
        const double lo = static_cast<float>(x[j]);
        const double hi = static_cast<float>(x[j + half]);
        x[j] = static_cast<float>(lo * cosine - hi * sine);
        x[j + half] = static_cast<float>(hi * cosine + lo * sine);
      }
    }
  }
}

template void rope_ref(const Rope<float>&);
template void rope_ref(const Rope<bfloat16>&);

}  // namespace vqat::kernels
