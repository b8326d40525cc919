// The device as libtorch sees it: its allocator, which tensors on `cuda` get their memory from.
#pragma once

#include <c10/core/Allocator.h>

#include <cstdint>

namespace vqat::stand_in {

c10::Allocator* allocator();

// Gives libtorch the device, before it is first asked for one. Wrong accesses are counted from now on.
void appear();

// The only stream, as kernels get it: a handle that is neither null nor an address.
constexpr uintptr_t kStream = 0x57ea;

}  // namespace vqat::stand_in
