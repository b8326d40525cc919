// Rotary position embedding, in place, half-split ("NeoX") pairing. Contract and declarations.
//
//   (x[m, h, j], x[m, h, j + d/2]) is rotated by the angle of (positions[m], j), j in [0, d/2):
//   lo' = lo * cos - hi * sin,  hi' = hi * cos + lo * sin
//
// `inverse` rotates by the negative angle: the backward of the forward. T is float or bfloat16, arithmetic is
// float32, rounded once (reference: double). No checks inside. Deterministic.
// Source: Su et al. 2021 (RoFormer); pairing as Qwen2.
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/impl.h"

namespace vqat::kernels {

template <class T>
struct Rope {
  T* x;                      // [rows, heads, head_dim] with row_stride; heads of one row are contiguous
  const int32_t* positions;  // [rows], each in [0, rows of the tables)
  const float* cos;          // [positions, head_dim / 2]
  const float* sin;          // [positions, head_dim / 2]
  int64_t rows;              // >= 0
  int64_t heads;             // >= 1
  int64_t head_dim;          // even
  int64_t row_stride;        // elements from one row to the next, >= heads * head_dim
  bool inverse;
};

template <class T>
void rope_ref(const Rope<T>& args);
template <class T>
void rope_cpu(const Rope<T>& args);

// Device pointers; `stream` is a cudaStream_t. Throws Error E_ARGUMENT for more rows than a grid has
// (2^31 - 1), E_DEVICE when the launch fails.
template <class T>
void rope_cuda(const Rope<T>& args, void* stream);

template <class T>
void rope(const Rope<T>& args) {
  use_reference() ? rope_ref(args) : rope_cpu(args);
}

}  // namespace vqat::kernels
