// Bytes of chosen frames to normalised planes. Contract and declarations.
//
//   out[i, c, y, x] = (frames[index[i], y, x, c] / 255 - mean[c]) / std[c]
//
// or 0 everywhere when index[i] is -1. Computed in float32 in this order, then rounded to T (float or
// bfloat16); every twin gives the same bits. mean = (0.485, 0.456, 0.406), std = (0.229, 0.224, 0.225).
// No checks inside. Deterministic.
// Source: ImageNet statistics, as InternVL preprocesses.
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/impl.h"

namespace vqat::kernels {

template <class T>
struct Normalize {
  const uint8_t* frames;  // [stored frames, size, size, 3]
  const int32_t* index;   // [count], each a stored frame, or -1: the mean colour, that is zeros
  T* out;                 // [count, 3, size, size], written
  int64_t count;          // >= 0
  int64_t size;           // side in pixels, >= 1
};

template <class T>
void normalize_ref(const Normalize<T>& args);
template <class T>
void normalize_cpu(const Normalize<T>& args);
// Device pointers; `stream` is a cudaStream_t. Throws Error E_DEVICE when the launch fails.
template <class T>
void normalize_cuda(const Normalize<T>& args, void* stream);

template <class T>
void normalize(const Normalize<T>& args) {
  use_reference() ? normalize_ref(args) : normalize_cpu(args);
}

}  // namespace vqat::kernels
