// The one place where libtorch's headers enter; floors that hold tensors include this and no torch header.
#pragma once

#include <ATen/ATen.h>
