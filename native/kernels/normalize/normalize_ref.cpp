// Normalisation as defined in normalize.h, in plain loops. In float32, because float32 is part of the
// definition.
#include "kernels/normalize/normalize.h"

namespace vqat::kernels {

template <class T>
void normalize_ref(const Normalize<T>& args) {
  constexpr float kMean[3] = {0.485f, 0.456f, 0.406f};
  constexpr float kStd[3] = {0.229f, 0.224f, 0.225f};
  const int64_t pixels = args.size * args.size;
  for (int64_t i = 0; i < args.count; ++i) {
    for (int64_t c = 0; c < 3; ++c) {
      T* plane = args.out + (i * 3 + c) * pixels;
      for (int64_t p = 0; p < pixels; ++p) {
        if (args.index[i] < 0) {
          plane[p] = 0.0f;
        } else {
          const float value = args.frames[(args.index[i] * pixels + p) * 3 + c] / 255.0f;
          plane[p] = (value - kMean[c]) / kStd[c];
        }
      }
    }
  }
}

template void normalize_ref(const Normalize<float>&);
template void normalize_ref(const Normalize<bfloat16>&);

}  // namespace vqat::kernels
