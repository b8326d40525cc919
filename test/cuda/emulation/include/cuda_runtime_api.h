// Stands in for CUDA's header of this name: the calls of the runtime that kernels and their tests use, with
// CUDA's names and numbers. runtime_api.cpp holds them.
#pragma once

#include <cstddef>

#include "vector_types.h"

enum cudaError {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorIllegalAddress = 700,
  cudaErrorLaunchFailure = 719,
};
using cudaError_t = cudaError;

enum cudaMemcpyKind {
  cudaMemcpyHostToHost = 0,
  cudaMemcpyHostToDevice = 1,
  cudaMemcpyDeviceToHost = 2,
  cudaMemcpyDeviceToDevice = 3,
};

struct CUstream_st;
using cudaStream_t = CUstream_st*;

#define VQAT_RUNTIME_CALL extern "C" __attribute__((visibility("default")))

VQAT_RUNTIME_CALL cudaError_t cudaGetDeviceCount(int* count);
VQAT_RUNTIME_CALL cudaError_t cudaMalloc(void** pointer, size_t bytes);
VQAT_RUNTIME_CALL cudaError_t cudaFree(void* pointer);
VQAT_RUNTIME_CALL cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
VQAT_RUNTIME_CALL cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind);
VQAT_RUNTIME_CALL cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                                              cudaStream_t stream = nullptr);
VQAT_RUNTIME_CALL cudaError_t cudaMemset(void* to, int value, size_t bytes);
VQAT_RUNTIME_CALL cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes,
                                              cudaStream_t stream = nullptr);
VQAT_RUNTIME_CALL cudaError_t cudaStreamSynchronize(cudaStream_t stream);
VQAT_RUNTIME_CALL cudaError_t cudaDeviceSynchronize();
VQAT_RUNTIME_CALL cudaError_t cudaGetLastError();
VQAT_RUNTIME_CALL cudaError_t cudaPeekAtLastError();
VQAT_RUNTIME_CALL const char* cudaGetErrorString(cudaError_t status);
