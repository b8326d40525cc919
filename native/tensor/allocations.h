// Bytes of tensors on the CPU, counted where libtorch asks for their memory. Nothing is counted, and no call
// is in the way, until somebody asks.
#pragma once

#include <cstdint>

namespace vqat {

struct TensorMemory {
  int64_t bytes;  // of tensors that are alive and were made after the first question
  int64_t peak;   // the most since the last question
};

// Counts from the first call on, for the life of the process.
TensorMemory tensor_memory();

}  // namespace vqat
