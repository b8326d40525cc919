// Whether numbers are finite, told from their norm: one pass in pieces, which keeps nothing beside them.
#pragma once

#include <string>

#include "tensor/parameter.h"

namespace vqat {

// L2 norm of any tensor, summed in double; not finite when one of its elements is not.
double norm_of(const at::Tensor& tensor);

// E_NUMERIC naming the first weight with an element that is not finite, with what that is the reason for.
void check_finite(const ParameterStore& parameters, const std::string& reason_for);

}  // namespace vqat
