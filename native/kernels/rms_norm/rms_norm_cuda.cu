// RMS norm on CUDA. Forward and dx: one block a row, the row read twice (from cache the second time) and
// written once. dweight: one block per 32 columns, its 32 warps each summing every 32nd row, so that the
// order is fixed; launched before dx, which may overwrite dy. Sums float32.
#include "kernels/cuda/device.cuh"
#include "kernels/rms_norm/rms_norm.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 256;

template <class T>
__global__ void __launch_bounds__(kThreads) forward(RmsNormForward<T> args) {
  const int64_t row = blockIdx.x;
  const T* x = args.x + row * args.width;
  T* y = args.y + row * args.width;
  float squares = 0;
  for (int64_t j = threadIdx.x; j < args.width; j += kThreads) {
    const float value = x[j];
    squares += value * value;
  }
  const float mean = block_reduce(squares, Add()) / static_cast<float>(args.width);
  const float rstd = 1 / sqrtf(mean + args.eps);
  for (int64_t j = threadIdx.x; j < args.width; j += kThreads) {
    const T normalized = static_cast<float>(x[j]) * rstd;
    y[j] = static_cast<float>(normalized) * static_cast<float>(args.weight[j]);
  }
  if (args.rstd && threadIdx.x == 0) args.rstd[row] = rstd;
}

template <class T>
__global__ void __launch_bounds__(kThreads) backward_input(RmsNormBackward<T> args) {
  const int64_t row = blockIdx.x;
  const T* dy = args.dy + row * args.width;
  const T* x = args.x + row * args.width;
  T* dx = args.dx + row * args.width;
  const float rstd = args.rstd[row];
  float dot = 0;
  for (int64_t j = threadIdx.x; j < args.width; j += kThreads) {
    dot += static_cast<float>(dy[j]) * static_cast<float>(args.weight[j]) * static_cast<float>(x[j]);
  }
  const float pull = block_reduce(dot, Add()) * rstd * rstd / static_cast<float>(args.width);
  for (int64_t j = threadIdx.x; j < args.width; j += kThreads) {
    const float direct = static_cast<float>(dy[j]) * static_cast<float>(args.weight[j]);
    dx[j] = rstd * (direct - static_cast<float>(x[j]) * pull);
  }
}

template <class T>
__global__ void __launch_bounds__(kWarp* kWarp) backward_weight(RmsNormBackward<T> args) {
  __shared__ float parts[kWarp][kWarp + 1];  // one column of padding: no bank is hit twice
  const int64_t column = static_cast<int64_t>(blockIdx.x) * kWarp + threadIdx.x;
  float sum = 0;
  for (int64_t row = threadIdx.y; column < args.width && row < args.rows; row += kWarp) {
    const int64_t at = row * args.width + column;
    const T normalized = static_cast<float>(args.x[at]) * args.rstd[row];
    sum += static_cast<float>(args.dy[at]) * static_cast<float>(normalized);
  }
  parts[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y == 0 && column < args.width) {
    float total = 0;
    for (int part = 0; part < kWarp; ++part) total += parts[part][threadIdx.x];
    args.dweight[column] += total;
  }
}

}  // namespace

template <class T>
void rms_norm_forward_cuda(const RmsNormForward<T>& args, void* stream) {
  if (args.rows == 0) return;
  launch("rms_norm_forward", forward<T>, static_cast<unsigned>(args.rows), kThreads, stream, args);
}

template <class T>
void rms_norm_backward_cuda(const RmsNormBackward<T>& args, void* stream) {
  if (args.rows == 0) return;
  if (args.dweight) {
    const auto blocks = static_cast<unsigned>((args.width + kWarp - 1) / kWarp);
    launch("rms_norm_backward, weight", backward_weight<T>, blocks, dim3(kWarp, kWarp), stream, args);
  }
  launch("rms_norm_backward, input", backward_input<T>, static_cast<unsigned>(args.rows), kThreads, stream,
         args);
}

template void rms_norm_forward_cuda(const RmsNormForward<float>&, void*);
template void rms_norm_forward_cuda(const RmsNormForward<bfloat16>&, void*);
template void rms_norm_backward_cuda(const RmsNormBackward<float>&, void*);
template void rms_norm_backward_cuda(const RmsNormBackward<bfloat16>&, void*);

}  // namespace vqat::kernels
