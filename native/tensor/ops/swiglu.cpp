#include "tensor/ops/swiglu.h"

#include "tensor/ops/kernel.h"

namespace vqat::ops {

using kernels::CudaKernels;

at::Tensor swiglu(const at::Tensor& gate_up) {
  at::Tensor y = at::empty({gate_up.size(0), gate_up.size(1) / 2}, gate_up.options());
  by_type(gate_up, [&]<class T>(T) {
    run("swiglu", y.device(), kernels::swiglu_forward<T>, &CudaKernels<T>::swiglu_forward,
        kernels::SwigluForward<T>{
            .gate_up = data<T>(gate_up), .y = data<T>(y), .rows = y.size(0), .width = y.size(1)});
  });
  return y;
}

at::Tensor swiglu_backward(const at::Tensor& dy, const at::Tensor& gate_up) {
  at::Tensor dgate_up = at::empty_like(gate_up);
  by_type(gate_up, [&]<class T>(T) {
    run("swiglu backward", dy.device(), kernels::swiglu_backward<T>, &CudaKernels<T>::swiglu_backward,
        kernels::SwigluBackward<T>{.dy = data<T>(dy),
                                   .gate_up = data<T>(gate_up),
                                   .dgate_up = data<T>(dgate_up),
                                   .rows = dy.size(0),
                                   .width = dy.size(1)});
  });
  return dgate_up;
}

}  // namespace vqat::ops
