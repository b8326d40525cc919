// Barriers and warp operations: threads wait here until all that must come have come, and are checked then.
#include <cstring>

#include "emulation/block.h"
#include "emulation/sanitizers.h"

namespace vqat::emulation {
namespace {

// What the thread sanitizer knows rendezvous by; two in turn, because a thread may be in the next one
// already.
char barrier_order[2], warp_order[kMostThreads / kLanes][2];
unsigned barriers, warp_syncs[kMostThreads / kLanes];

// The lanes of `mask` are here: checks that they came for the same thing, and hands out the values.
void complete(unsigned warp, unsigned mask, const Thread& last) {
  Thread* const lanes = block.threads + warp * kLanes;
  unsigned votes = 0;
  for (unsigned l = 0; l < kLanes; ++l) {
    if (!(mask >> l & 1)) continue;
    const Thread& t = lanes[l];
    if (t.operation != last.operation || t.bytes != last.bytes || !same(t.site, last.site))
      return fail("lanes of a warp met at different operations: " + at(last.site) + " and " + at(t.site));
    if (t.mask != last.mask) return fail("lanes of a warp came with different masks: " + at(last.site));
    if (t.operation == WarpOperation::kExchange && !(mask >> t.from & 1))
      return fail("a shuffle reads a lane outside its mask: " + at(t.site));
    if (t.vote) votes |= 1u << l;
  }
  for (unsigned l = 0; l < kLanes; ++l) {
    if (!(mask >> l & 1)) continue;
    lanes[l].ballot = votes;
    if (last.bytes) copy_number_unseen(lanes[l].received, lanes[lanes[l].from].value, last.bytes);
    block.states[warp * kLanes + l] = State::kReady;
  }
  if (last.operation == WarpOperation::kSync) ++warp_syncs[warp];
  block.waiting[warp] &= ~mask;
}

Thread& meet(WarpOperation operation, unsigned mask, Site site) {
  Thread& thread = block.threads[block.current];
  const unsigned warp = block.current / kLanes, mine = 1u << (block.current % kLanes);
  thread.operation = operation;
  thread.mask = mask;
  thread.site = site;
  block.states[block.current] = State::kInWarp;
  block.waiting[warp] |= mine;
  if (!(mask & mine)) fail("a warp operation whose mask leaves out the lane that calls it: " + at(site));
  if (mask & block.gone[warp])
    fail("a warp operation waits for a lane that has returned, or never was: " + at(site));
  if ((block.waiting[warp] & mask) == mask && !failed()) complete(warp, mask, thread);
  pause();
  return thread;
}

}  // namespace

int lane() { return static_cast<int>(block.current % kLanes); }

int barrier(bool vote, Site site) {
  Thread& thread = block.threads[block.current];
  if (block.at_barrier == 0) block.votes = 0;
  block.votes += vote;
  thread.site = site;
  block.states[block.current] = State::kAtBarrier;
  void* const order = &barrier_order[barriers % 2];
  release(order);
  if (++block.at_barrier == block.count) {
    for (unsigned t = 0; t < block.count; ++t) {
      const Site& other = block.threads[t].site;
      if (!same(other, site))
        fail("threads of a block met at different barriers: " + at(site) + " and " + at(other));
    }
    ++barriers;
    block.at_barrier = 0;
    block.vote_result = block.votes;
    std::memset(block.states, static_cast<int>(State::kReady), block.count);
  } else if (block.alive < block.count) {
    fail("a barrier that threads of the block have returned before: " + at(site));
  }
  pause();
  acquire(order);
  return block.vote_result;
}

void warp_sync(unsigned mask, Site site) {
  const unsigned warp = block.current / kLanes;
  void* const order = &warp_order[warp][warp_syncs[warp] % 2];
  release(order);
  block.threads[block.current].bytes = 0;
  block.threads[block.current].vote = false;
  meet(WarpOperation::kSync, mask, site);
  acquire(order);
}

unsigned ballot(unsigned mask, bool vote, Site site) {
  Thread& thread = block.threads[block.current];
  thread.vote = vote;
  thread.bytes = 0;
  return meet(WarpOperation::kBallot, mask, site).ballot;
}

void exchange(unsigned mask, void* value, size_t bytes, int from, Site site) {
  Thread& thread = block.threads[block.current];
  thread.bytes = static_cast<unsigned char>(bytes);
  thread.from = from;
  copy_number_unseen(thread.value, value, bytes);
  copy_number_unseen(value, meet(WarpOperation::kExchange, mask, site).received, bytes);
}

}  // namespace vqat::emulation
