// SwiGLU on CUDA: one thread an element; each value read and written once, float32.
#include "kernels/cuda/device.cuh"
#include "kernels/swiglu/swiglu.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 256;

unsigned blocks_for(int64_t elements) { return static_cast<unsigned>((elements + kThreads - 1) / kThreads); }

template <class T>
__global__ void __launch_bounds__(kThreads) forward(SwigluForward<T> args) {
  const int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (at >= args.rows * args.width) return;
  const T* row = args.gate_up + at / args.width * 2 * args.width + at % args.width;
  const float gate = row[0];
  args.y[at] = gate / (1 + expf(-gate)) * static_cast<float>(row[args.width]);
}

template <class T>
__global__ void __launch_bounds__(kThreads) backward(SwigluBackward<T> args) {
  const int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (at >= args.rows * args.width) return;
  const int64_t first = at / args.width * 2 * args.width + at % args.width;
  const float dy = args.dy[at];
  const float gate = args.gate_up[first];
  const float up = args.gate_up[first + args.width];
  const float sigmoid = 1 / (1 + expf(-gate));
  args.dgate_up[first] = dy * up * sigmoid * (1 + gate * (1 - sigmoid));
  args.dgate_up[first + args.width] = dy * gate * sigmoid;
}

}  // namespace

template <class T>
void swiglu_forward_cuda(const SwigluForward<T>& args, void* stream) {
  if (args.rows == 0) return;
  launch("swiglu_forward", forward<T>, blocks_for(args.rows * args.width), kThreads, stream, args);
}

template <class T>
void swiglu_backward_cuda(const SwigluBackward<T>& args, void* stream) {
  if (args.rows == 0) return;
  launch("swiglu_backward", backward<T>, blocks_for(args.rows * args.width), kThreads, stream, args);
}

template void swiglu_forward_cuda(const SwigluForward<float>&, void*);
template void swiglu_forward_cuda(const SwigluForward<bfloat16>&, void*);
template void swiglu_backward_cuda(const SwigluBackward<float>&, void*);
template void swiglu_backward_cuda(const SwigluBackward<bfloat16>&, void*);

}  // namespace vqat::kernels
