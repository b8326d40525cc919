// A picture at half its size: bicubic with a = -0.5, its kernel widened to twice the pixels, the border
// mirrored with the border pixel repeated, columns before rows, nothing rounded. As MATLAB's imresize by 0.5,
// which NIQE's authors use.
#pragma once

#include "measures/plane.h"

namespace vqat::measures {

// Both sides even and at least 4.
Plane half_size(const Plane& picture);

}  // namespace vqat::measures
