// The one place where libtorch's headers come in. Narrow on purpose: torch/torch.h costs 18 s a file.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
