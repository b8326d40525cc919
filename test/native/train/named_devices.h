// What the tests of losses and optimisers on every device share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "tensor/device.h"

namespace vqat::train {

template <class What>
struct Named {
  const char* name;
  What what;
};

// The reason to skip for, "" where there is a device.
inline std::string missing_cuda() {
  try {
    check_device(at::kCUDA);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace vqat::train
