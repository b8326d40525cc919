#include "tensor/ops/norm.h"

#include "tensor/ops/kernel.h"

namespace vqat::ops {

using kernels::CudaKernels;

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::Tensor* rstd) {
  at::Tensor y = at::empty_like(x);
  if (rstd) *rstd = at::empty({x.size(0)}, x.options().dtype(at::kFloat));
  by_type(x, [&]<class T>(T) {
    run("rms_norm", x.device(), kernels::rms_norm_forward<T>, &CudaKernels<T>::rms_norm_forward,
        kernels::RmsNormForward<T>{.x = data<T>(x),
                                   .weight = data<T>(weight),
                                   .y = data<T>(y),
                                   .rstd = rstd ? data<float>(*rstd) : nullptr,
                                   .rows = x.size(0),
                                   .width = x.size(1),
                                   .eps = static_cast<float>(eps)});
  });
  return y;
}

at::Tensor rms_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight,
                             const at::Tensor& rstd, const at::Tensor& dweight) {
  at::Tensor dx = at::empty_like(x);
  at::Tensor scratch;
  if (dweight.defined() && !x.is_cpu())
    scratch = at::empty({kernels::rms_norm_backward_scratch(x.size(0), x.size(1))}, dweight.options());
  by_type(x, [&]<class T>(T) {
    const auto cpu = [](const kernels::RmsNormBackward<T>& args, float*) {
      kernels::rms_norm_backward(args);
    };
    run("rms_norm backward", x.device(), cpu, &CudaKernels<T>::rms_norm_backward,
        kernels::RmsNormBackward<T>{.dy = data<T>(dy),
                                    .x = data<T>(x),
                                    .weight = data<T>(weight),
                                    .rstd = data<float>(rstd),
                                    .dx = data<T>(dx),
                                    .dweight = dweight.defined() ? data<float>(dweight) : nullptr,
                                    .rows = x.size(0),
                                    .width = x.size(1)},
        scratch.defined() ? data<float>(scratch) : nullptr);
  });
  return dx;
}

}  // namespace vqat::ops
