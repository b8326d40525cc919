#include "tensor/finite.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "tensor/host.h"

namespace vqat {
namespace {

// Elements whose norm is taken at once: in double it is taken of a copy.
constexpr int64_t kPiece = int64_t{1} << 22;

}  // namespace

double norm_of(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.reshape({-1});
  const int64_t size = flat.size(0), pieces = (size + kPiece - 1) / kPiece;
  const at::Tensor norms = at::empty({pieces}, flat.options().dtype(at::kDouble));
  for (int64_t i = 0; i < pieces; ++i) {
    const int64_t begin = i * kPiece;
    at::Tensor one = norms[i];
    at::linalg_vector_norm_out(one, flat.narrow(0, begin, std::min(kPiece, size - begin)), 2, std::nullopt,
                               false, at::kDouble);
  }
  double norm = 0;
  for (const double one : host_values<double>(norms)) norm = std::hypot(norm, one);
  return norm;
}

void check_finite(const ParameterStore& parameters, const std::string& reason_for) {
  for (const Parameter* parameter : parameters.in_order())
    if (!std::isfinite(norm_of(parameter->value)))
      fail(Code::E_NUMERIC, "the weight '", parameter->name, "' is not finite: ", reason_for);
}

}  // namespace vqat
