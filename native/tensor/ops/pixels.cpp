#include "tensor/ops/pixels.h"

#include "kernels/resize/resize.h"
#include "tensor/ops/kernel.h"

namespace vqat::ops {

void resize(const at::Tensor& rgb, const at::Tensor& out) {
  run("resize", rgb.device(), kernels::resize, &kernels::CudaKernels<float>::resize,
      kernels::Resize{.in = data<uint8_t>(rgb),
                      .in_width = rgb.size(1),
                      .in_height = rgb.size(0),
                      .out = data<uint8_t>(out),
                      .out_width = out.size(1),
                      .out_height = out.size(0)});
}

at::Tensor normalize(const at::Tensor& frames, const at::Tensor& index, at::ScalarType dtype) {
  const int64_t count = index.size(0), size = frames.size(1);
  at::Tensor out = at::empty({count, 3, size, size}, frames.options().dtype(dtype));
  by_type(out, [&]<class T>(T) {
    run("normalize", frames.device(), kernels::normalize<T>, &kernels::CudaKernels<T>::normalize,
        kernels::Normalize<T>{.frames = data<uint8_t>(frames),
                              .index = data<int32_t>(index),
                              .out = data<T>(out),
                              .count = count,
                              .size = size});
  });
  return out;
}

}  // namespace vqat::ops
