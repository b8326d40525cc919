// SwiGLU as defined in swiglu.h, in plain loops and double. Never tuned.
#include <cmath>

#include "kernels/swiglu/swiglu.h"

namespace vqat::kernels {

template <class T>
void swiglu_forward_ref(const SwigluForward<T>& args) {
  for (int64_t m = 0; m < args.rows; ++m) {
    const T* row = args.gate_up + m * 2 * args.width;
    for (int64_t i = 0; i < args.width; ++i) {
      const double gate = static_cast<float>(row[i]);
      const double up = static_cast<float>(row[args.width + i]);
      args.y[m * args.width + i] = static_cast<float>(gate / (1 + std::exp(-gate)) * up);
    }
  }
}

template <class T>
void swiglu_backward_ref(const SwigluBackward<T>& args) {
  for (int64_t m = 0; m < args.rows; ++m) {
    const T* row = args.gate_up + m * 2 * args.width;
    T* out = args.dgate_up + m * 2 * args.width;
    for (int64_t i = 0; i < args.width; ++i) {
      const double dy = static_cast<float>(args.dy[m * args.width + i]);
      const double gate = static_cast<float>(row[i]);
      const double up = static_cast<float>(row[args.width + i]);
      const double sigmoid = 1 / (1 + std::exp(-gate));
      out[i] = static_cast<float>(dy * up * sigmoid * (1 + gate * (1 - sigmoid)));
      out[args.width + i] = static_cast<float>(dy * gate * sigmoid);
    }
  }
}

template void swiglu_forward_ref(const SwigluForward<float>&);
template void swiglu_forward_ref(const SwigluForward<bfloat16>&);
template void swiglu_backward_ref(const SwigluBackward<float>&);
template void swiglu_backward_ref(const SwigluBackward<bfloat16>&);

}  // namespace vqat::kernels
