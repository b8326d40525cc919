// The device that tests of kernels run on: a card, or the emulation of one (test/cuda), as the program is
// linked. A call that may fail returns the reason, empty when it did not.
#pragma once

#include <cstddef>
#include <string>

namespace vqat::kernels::device {

std::string why_not();  // empty when there is a device
bool is_emulated();     // then a test may take a hundred times as long
void* allocate(size_t bytes);
std::string deallocate(void* pointer);
std::string upload(void* to, const void* from, size_t bytes);
std::string download(void* to, const void* from, size_t bytes);
std::string finish();  // waits for what was started

}  // namespace vqat::kernels::device
