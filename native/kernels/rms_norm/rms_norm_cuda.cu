// RMS norm on CUDA. Forward and dx: one block a row, which is read twice (from L1 the second time) and
// written once, 16 bytes a thread. dweight: rows are shared out over the grid, each part's sums go to scratch
// and a second kernel adds them in their order; both before dx, which may overwrite dy. Sums float32.
//
// On paper, H200, bfloat16, 4.8 TB/s. Forward moves 4 bytes an element and dx 6, with 8 and 12 instructions
// for each, which the card starts at 30 T a second: bytes are the limit. 32 and 44 registers of 128 threads
// leave 16 and 10 blocks a multiprocessor, 100 % and 62 %; at width 896 112 of the threads hold 16 bytes of
// each array, 28 KB a multiprocessor in forward and 35 KB in dx (25 KB keep the memory busy). dweight reads 4
// bytes an element again, from L2 while both arrays fit into its 50 MB, and writes 4 for each part and
// column: 8 blocks of 256 threads and 32 registers, 100 %, four rows of 16 bytes a thread at once.
//
// 1B, 8,192 rows of 896: forward 29 MB, 6 µs; dx 44 MB, 9 µs; dweight 7 · 149 blocks, 6 µs and 3 µs to join.
//
// 8B, 4,096 rows of 3,584: forward 59 MB, 12 µs; dx 88 MB, 18 µs; dweight 28 · 38 blocks, 12 µs and 3 µs.
//
// Decode, 4 to 64 rows: less than a block a multiprocessor, two reads and a barrier long: 3 µs.
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/wide.cuh"
#include "kernels/rms_norm/rms_norm.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 128;  // of a block with one row
constexpr int kColumns = 4;    // neighbouring ones of a thread, for dweight
constexpr int kPartWarps = 8;  // of a block with a part of the rows
constexpr int kBlockColumns = kWarp * kColumns;

template <class T, bool kWide>
__global__ void __launch_bounds__(kThreads) forward(RmsNormForward<T> args) {
  constexpr int kElements = kWideElements<T>;
  const int64_t row = blockIdx.x;
  const T* x = args.x + row * args.width;
  T* y = args.y + row * args.width;
  float squares = 0;
  for (int64_t j = threadIdx.x * kElements; j < args.width; j += kThreads * kElements) {
    const auto values = widen(load<kWide, kElements>(x + j, args.width - j));
    VQAT_UNROLL
    for (int i = 0; i < kElements; ++i) {
      const float value = values.of[i];
      squares += value * value;
    }
  }
  const float mean = block_reduce(squares, Add()) / static_cast<float>(args.width);
  const float rstd = 1 / sqrtf(mean + args.eps);
  for (int64_t j = threadIdx.x * kElements; j < args.width; j += kThreads * kElements) {
    auto values = widen(load<kWide, kElements>(x + j, args.width - j));
    const auto weights = widen(load<kWide, kElements>(args.weight + j, args.width - j));
    VQAT_UNROLL
    for (int i = 0; i < kElements; ++i) {
      const T normalized = values.of[i] * rstd;
      values.of[i] = static_cast<float>(normalized) * weights.of[i];
    }
    store<kWide>(y + j, narrow<T>(values), args.width - j);
  }
  if (args.rstd && threadIdx.x == 0) args.rstd[row] = rstd;
}

template <class T, bool kWide>
__global__ void __launch_bounds__(kThreads) backward_input(RmsNormBackward<T> args) {
  constexpr int kElements = kWideElements<T>;
  const int64_t row = blockIdx.x;
  const T* dy = args.dy + row * args.width;
  const T* x = args.x + row * args.width;
  T* dx = args.dx + row * args.width;
  const float rstd = args.rstd[row];
  float dot = 0;
  for (int64_t j = threadIdx.x * kElements; j < args.width; j += kThreads * kElements) {
    const int64_t left = args.width - j;
    const auto dys = widen(load<kWide, kElements>(dy + j, left));
    const auto xs = widen(load<kWide, kElements>(x + j, left));
    const auto weights = widen(load<kWide, kElements>(args.weight + j, left));
    VQAT_UNROLL
    for (int i = 0; i < kElements; ++i) {
      dot += dys.of[i] * weights.of[i] * xs.of[i];
    }
  }
  const float pull = block_reduce(dot, Add()) * rstd * rstd / static_cast<float>(args.width);
  for (int64_t j = threadIdx.x * kElements; j < args.width; j += kThreads * kElements) {
    const int64_t left = args.width - j;
    auto values = widen(load<kWide, kElements>(dy + j, left));
    const auto xs = widen(load<kWide, kElements>(x + j, left));
    const auto weights = widen(load<kWide, kElements>(args.weight + j, left));
    VQAT_UNROLL
    for (int i = 0; i < kElements; ++i) {
      const float direct = values.of[i] * weights.of[i];
      values.of[i] = rstd * (direct - xs.of[i] * pull);
    }
    store<kWide>(dx + j, narrow<T>(values), left);
  }
}

// The sums of one part of the rows over kBlockColumns columns: each warp adds every kPartWarps-th row, then
// the warps are added in their order.
template <class T, bool kWide>
__global__ void __launch_bounds__(kPartWarps* kWarp)
    backward_weight_part(RmsNormBackward<T> args, float* scratch, int64_t part_rows) {
  __shared__ Pack<float, kColumns> of_warp[kPartWarps][kWarp];
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const int64_t part = blockIdx.x;
  const int64_t column = static_cast<int64_t>(blockIdx.y) * kBlockColumns + lane * kColumns;
  const int64_t left = args.width - column;
  const int64_t begin = part * part_rows;
  const int64_t end = begin + part_rows < args.rows ? begin + part_rows : args.rows;
  Pack<float, kColumns> sums{};
  if (left > 0) {
    VQAT_UNROLL_4
    for (int64_t row = begin + warp; row < end; row += kPartWarps) {
      const int64_t at = row * args.width + column;
      const auto dys = widen(load<kWide, kColumns>(args.dy + at, left));
      const auto xs = widen(load<kWide, kColumns>(args.x + at, left));
      const float rstd = args.rstd[row];
      VQAT_UNROLL
      for (int i = 0; i < kColumns; ++i) {
        const T normalized = xs.of[i] * rstd;
        sums.of[i] += dys.of[i] * static_cast<float>(normalized);
      }
    }
  }
  of_warp[warp][lane] = sums;
  __syncthreads();
  // A thread for each column of the block.
  const int mine = static_cast<int>(threadIdx.x);
  const int64_t target = static_cast<int64_t>(blockIdx.y) * kBlockColumns + mine;
  if (mine >= kBlockColumns || target >= args.width) return;
  float total = 0;
  for (int w = 0; w < kPartWarps; ++w) total += of_warp[w][mine / kColumns].of[mine % kColumns];
  scratch[part * args.width + target] = total;
}

// Adds all parts of 32 columns: each warp every 32nd part, then the warps in their order.
__global__ void __launch_bounds__(kWarp* kWarp)
    backward_weight_join(const float* scratch, int64_t parts, int64_t width, float* dweight) {
  __shared__ float of_warp[kWarp][kWarp];
  const int64_t column = static_cast<int64_t>(blockIdx.x) * kWarp + threadIdx.x;
  float sum = 0;
  for (int64_t part = threadIdx.y; column < width && part < parts; part += kWarp) {
    sum += scratch[part * width + column];
  }
  of_warp[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y > 0 || column >= width) return;
  float total = 0;
  for (int w = 0; w < kWarp; ++w) total += of_warp[w][threadIdx.x];
  dweight[column] += total;
}

template <class T>
void backward_weight(const RmsNormBackward<T>& args, float* scratch, void* stream) {
  const RmsNormParts parts = rms_norm_parts(args.rows, args.width);
  const bool wide = packs_at<kColumns>(args.dy, args.width) && packs_at<kColumns>(args.x, args.width);
  const dim3 grid =
      grid_of("rms_norm_backward, weight", parts.count, (args.width + kBlockColumns - 1) / kBlockColumns);
  launch("rms_norm_backward, weight", wide ? backward_weight_part<T, true> : backward_weight_part<T, false>,
         grid, kPartWarps * kWarp, stream, args, scratch, parts.rows);
  launch("rms_norm_backward, join", backward_weight_join,
         grid_of("rms_norm_backward, join", (args.width + kWarp - 1) / kWarp), dim3(kWarp, kWarp), stream,
         scratch, parts.count, args.width, args.dweight);
}

}  // namespace

template <class T>
void rms_norm_forward_cuda(const RmsNormForward<T>& args, void* stream) {
  if (args.rows == 0) return;
  constexpr int kElements = kWideElements<T>;
  const bool wide = packs_at<kElements>(args.x, args.width) && packs_at<kElements>(args.weight, args.width) &&
                    packs_at<kElements>(args.y, args.width);
  launch("rms_norm_forward", wide ? forward<T, true> : forward<T, false>,
         grid_of("rms_norm_forward", args.rows), kThreads, stream, args);
}

template <class T>
void rms_norm_backward_cuda(const RmsNormBackward<T>& args, float* scratch, void* stream) {
  if (args.rows == 0) return;
  const dim3 grid = grid_of("rms_norm_backward, input", args.rows);
  if (args.dweight) backward_weight(args, scratch, stream);
  constexpr int kElements = kWideElements<T>;
  const bool wide = packs_at<kElements>(args.dy, args.width) && packs_at<kElements>(args.x, args.width) &&
                    packs_at<kElements>(args.weight, args.width) && packs_at<kElements>(args.dx, args.width);
  launch("rms_norm_backward, input", wide ? backward_input<T, true> : backward_input<T, false>, grid,
         kThreads, stream, args);
}

template void rms_norm_forward_cuda(const RmsNormForward<float>&, void*);
template void rms_norm_forward_cuda(const RmsNormForward<bfloat16>&, void*);
template void rms_norm_backward_cuda(const RmsNormBackward<float>&, float*, void*);
template void rms_norm_backward_cuda(const RmsNormBackward<bfloat16>&, float*, void*);

}  // namespace vqat::kernels
