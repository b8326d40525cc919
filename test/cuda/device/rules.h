// What libtorch's CUDA build refuses and its CPU build would compute, and what waits there without an item.
#pragma once

#include <ATen/ATen.h>

#include <string>

namespace vqat::stand_in {

// An operator's name without namespace, as "add" of "aten::add.Tensor".
std::string base_name(const std::string& schema_name);

// Throws where a CUDA build has no kernel for the operator, or none that is deterministic and one is asked
// for.
void check_operator(const std::string& base);

// Throws, and counts a wrong access, for a tensor that an operator would not take from the host.
void check_argument(const std::string& base, const at::Tensor& t, bool in_list);

// Throws, as libtorch does, where a kernel went wrong and the host knows; with `wait`, where it comes to
// know.
void check_unbroken(bool wait);

// Whether the operator reads values back to know the size of its result.
bool waits(const std::string& base);

}  // namespace vqat::stand_in
