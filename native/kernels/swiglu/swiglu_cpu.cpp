// SwiGLU, fast: rows over threads, columns over vector lanes; each value is read and written once.
#include "kernels/fast.h"
#include "kernels/swiglu/swiglu.h"

namespace vqat::kernels {
namespace {

template <class T>
VQAT_CLONES static void forward_row(const T* gates, const T* ups, T* y, int64_t width) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) {
    const float gate = gates[i];
    store(y + i, gate / (1 + fast_exp(-gate)) * static_cast<float>(ups[i]));
  }
}

template <class T>
VQAT_CLONES static void backward_row(const T* dy, const T* row, T* out, int64_t width) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) {
    const float grad = dy[i];
    const float gate = row[i];
    const float up = row[width + i];
    const float sigmoid = 1 / (1 + fast_exp(-gate));
    store(out + i, grad * up * sigmoid * (1 + gate * (1 - sigmoid)));
    store(out + width + i, grad * gate * sigmoid);
  }
}

}  // namespace

template <class T>
void swiglu_forward_cpu(const SwigluForward<T>& args) {
#pragma omp parallel for if (args.rows * args.width > kParallelElements)
  for (int64_t m = 0; m < args.rows; ++m) {
    const T* row = args.gate_up + m * 2 * args.width;
    forward_row(row, row + args.width, args.y + m * args.width, args.width);
  }
}

template <class T>
void swiglu_backward_cpu(const SwigluBackward<T>& args) {
#pragma omp parallel for if (args.rows * args.width > kParallelElements)
  for (int64_t m = 0; m < args.rows; ++m) {
    const int64_t at = m * args.width;
    backward_row(args.dy + at, args.gate_up + 2 * at, args.dgate_up + 2 * at, args.width);
  }
}

template void swiglu_forward_cpu(const SwigluForward<float>&);
template void swiglu_forward_cpu(const SwigluForward<bfloat16>&);
template void swiglu_backward_cpu(const SwigluBackward<float>&);
template void swiglu_backward_cpu(const SwigluBackward<bfloat16>&);

}  // namespace vqat::kernels
