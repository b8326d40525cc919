// What the environment says of a run. Two runs that differ only here must give the same results: where they
// do not, a kernel misses a barrier or reads what nobody wrote.
//
// VQAT_EMULATION_ORDER   which thread of a block goes on at a rendezvous: forward (default: in turn), low or
//                        high (always the lowest or highest that can), or a number: at random from this seed
// VQAT_EMULATION_BLOCKS  order of the blocks: forward (default), reverse, or a number: shuffled by this seed
// VQAT_EMULATION_FILL    byte, 0 to 255 (default 255: NaN and -1), that fresh and freed device memory holds,
// and
//                        shared memory before every block
#pragma once

#include <cstdint>

#include "emulation/kernel_side.h"

namespace vqat::emulation {

enum class Order { kForward, kLow, kHigh, kRandom };
enum class BlockOrder { kForward, kReverse, kRandom };

struct Settings {
  Order order = Order::kForward;
  BlockOrder blocks = BlockOrder::kForward;
  uint64_t thread_seed = 0, block_seed = 0;
  int fill = 255;
};

// Read once, and changed by tests of the emulation only. A value that is none of the above ends the process
// with a message.
VQAT_EMULATION_API Settings& settings();

}  // namespace vqat::emulation
