// Mean-subtracted, contrast-normalised values: (x - mu) / (sigma + 1), with mean and deviation under a
// Gaussian window of 7 x 7 and sigma 7/6 whose picture goes on beyond the border as its border pixels.
//
// Where the window is flat, or x - mu is 0 in an even ramp, double arithmetic makes +-1e-14 of it, whose sign
// depends on compiler and processor. A difference or a variance that is nearer to 0 than kFlat is 0: no other
// one of 8-bit levels comes near.
#pragma once

#include "measures/plane.h"

namespace vqat::measures {

constexpr double kFlat = 1e-9;  // levels, and their squares

struct LocalContrast {
  Plane normalised;
  Plane deviation;  // sigma
};

LocalContrast local_contrast(const Plane& picture);

}  // namespace vqat::measures
