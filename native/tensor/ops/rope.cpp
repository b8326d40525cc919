#include "tensor/ops/rope.h"

#include "tensor/ops/kernel.h"

namespace vqat::ops {

void rope(at::Tensor& x, int64_t heads, const at::Tensor& table_rows, const at::Tensor& cos,
          const at::Tensor& sin, bool inverse) {
  by_type(x, [&]<class T>(T) {
    run("rope", x.device(), kernels::rope<T>, &kernels::CudaKernels<T>::rope,
        kernels::Rope<T>{.x = data<T>(x),
                         .positions = data<int32_t>(table_rows),
                         .cos = data<float>(cos),
                         .sin = data<float>(sin),
                         .rows = x.size(0),
                         .heads = heads,
                         .head_dim = 2 * cos.size(1),
                         .row_stride = x.size(1),
                         .inverse = inverse});
  });
}

}  // namespace vqat::ops
