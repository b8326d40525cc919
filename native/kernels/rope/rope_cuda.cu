// Rotary embedding on CUDA: one block a row, threads over its pairs; each value read and written once,
// float32.
#include "kernels/cuda/device.cuh"
#include "kernels/rope/rope.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 256;

template <class T>
__global__ void __launch_bounds__(kThreads) rotate(Rope<T> args) {
  const int64_t half = args.head_dim / 2;
  const int64_t table = args.positions[blockIdx.x] * half;
  T* row = args.x + blockIdx.x * args.row_stride;
  for (int64_t i = threadIdx.x; i < args.heads * half; i += kThreads) {
    const int64_t j = i % half;
    T* low = row + i / half * args.head_dim + j;
    T* high = low + half;
    const float cosine = args.cos[table + j];
    const float sine = args.inverse ? -args.sin[table + j] : args.sin[table + j];
    const float lo = *low;
    const float hi = *high;
    *low = lo * cosine - hi * sine;
    *high = hi * cosine + lo * sine;
  }
}

}  // namespace

template <class T>
void rope_cuda(const Rope<T>& args, void* stream) {
  if (args.rows == 0) return;
  launch("rope", rotate<T>, static_cast<unsigned>(args.rows), kThreads, stream, args);
}

template void rope_cuda(const Rope<float>&, void*);
template void rope_cuda(const Rope<bfloat16>&, void*);

}  // namespace vqat::kernels
