// Accesses that the memory's protection refuses.
#pragma once

namespace vqat::emulation {

// Installs the handler, once, and gives the calling thread a stack for it. In a kernel a fault becomes the
// kernel's error; in host code it ends the process or is counted, as device_memory.h says; elsewhere what was
// there before goes on.
void catch_faults();

// Counts a host access to closed memory. True when it is to go through: memory is open now.
bool let_host_through();

}  // namespace vqat::emulation
