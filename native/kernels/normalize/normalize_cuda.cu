// Normalisation on CUDA: a thread a pixel, for frame after frame; three bytes read next to each other, three
// planes written, each value once. Divisions are the reference's own, so that the bits are: they hide behind
// memory.
//
// On paper, H200 (132 SMs, 4.8 TB/s): a pixel is 3 bytes in and 12 (bfloat16: 6) out, six frames of 448 are
// 18 MB (11 MB): 3.8 µs (2.3 µs), as much as the launch.
#include <algorithm>

#include "kernels/cuda/device.cuh"
#include "kernels/normalize/normalize.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMostFrames = 65535;  // of a grid's second axis; more go round again

__device__ float normalized(uint8_t byte, float mean, float deviation) {
  return (byte / 255.0f - mean) / deviation;
}

template <class T>
__global__ void __launch_bounds__(kThreads) convert(Normalize<T> args) {
  const int64_t pixels = args.size * args.size;
  const int64_t p = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (p >= pixels) return;
  for (int64_t i = blockIdx.y; i < args.count; i += gridDim.y) {
    const int32_t frame = args.index[i];
    T* out = args.out + i * 3 * pixels + p;
    if (frame < 0) {
      for (int channel = 0; channel < 3; ++channel) out[channel * pixels] = 0.0f;
      continue;
    }
    const uint8_t* in = args.frames + (frame * pixels + p) * 3;
    out[0] = normalized(in[0], 0.485f, 0.229f);
    out[pixels] = normalized(in[1], 0.456f, 0.224f);
    out[2 * pixels] = normalized(in[2], 0.406f, 0.225f);
  }
}

}  // namespace

template <class T>
void normalize_cuda(const Normalize<T>& args, void* stream) {
  if (args.count == 0) return;
  const int64_t blocks = (args.size * args.size + kThreads - 1) / kThreads;
  const dim3 grid = grid_of("normalize", blocks, std::min(args.count, kMostFrames));
  launch("normalize", convert<T>, grid, kThreads, stream, args);
}

template void normalize_cuda(const Normalize<float>&, void*);
template void normalize_cuda(const Normalize<bfloat16>&, void*);

}  // namespace vqat::kernels
