// Policy loss on CUDA: a single block, because an update has thousands of tokens, not millions, and the sums
// must be added in a fixed order. A warp has every sixteenth sequence, its lanes stride over the tokens;
// where a sequence must be seen whole first, the warp reads it twice. Double throughout.
//
// On paper, H200: 28 bytes a token, and two or three exponentials in double, about 200 instructions at 64 a
// clock. For 64 sequences of 250 tokens that is 30 µs of arithmetic; a warp has four sequences of eight
// turns, each about 1 µs of latency, so 30 to 60 µs. An update takes seconds.
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/wide.cuh"
#include "kernels/policy_loss/policy_loss.h"
#include "kernels/policy_loss/policy_loss_terms.h"

namespace vqat::kernels {
namespace {

constexpr int kThreads = 512;
constexpr int kWarps = kThreads / kWarp;

struct Most {
  __device__ double operator()(double a, double b) const { return fmax(a, b); }
};

// Of the whole sequence, in every lane.
__device__ SequenceTerms seen_whole(const PolicyLoss& args, int64_t sequence, int lane) {
  SequenceSums seen;
  for (int64_t t = args.offsets[sequence] + lane; t < args.offsets[sequence + 1]; t += kWarp)
    look_at(args, t, seen);
  seen.tokens = warp_reduce(seen.tokens, Add());
  seen.gap = warp_reduce(seen.gap, Add());
  seen.bounded_gap = warp_reduce(seen.bounded_gap, Add());
  seen.learning = warp_reduce(seen.learning, Add());
  seen.kl = warp_reduce(seen.kl, Add());
  return sequence_terms(args.objective, seen, args.advantages[sequence]);
}

__global__ void __launch_bounds__(kThreads) loss(PolicyLoss args, PolicySlopes slopes, PolicySums* sums) {
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  const bool whole = reads_sequences(args.objective);
  PolicySums mine;
  for (int64_t s = warp; s < args.sequences; s += kWarps) {
    const SequenceTerms terms = whole ? seen_whole(args, s, lane) : SequenceTerms();
    const double tokens = mine.tokens, low = mine.low, high = mine.high;
    for (int64_t t = args.offsets[s] + lane; t < args.offsets[s + 1]; t += kWarp)
      add_token(args, slopes, t, args.advantages[s], terms, mine);
    const double own_tokens = warp_reduce(mine.tokens - tokens, Add());
    const double own_low = warp_reduce(mine.low - low, Add());
    const double own_high = warp_reduce(mine.high - high, Add());
    if (lane == 0)
      add_sequence(args.objective, terms, args.advantages[s], own_tokens, own_low, own_high, mine);
  }
  const double not_low_most = block_reduce(mine.not_low_most, Most());
  const double high_most = block_reduce(mine.high_most, Most());
  if (threadIdx.x == 0) {
    sums->not_low_most = fmax(sums->not_low_most, not_low_most);
    sums->high_most = fmax(sums->high_most, high_most);
  }
  const double* added = &mine.loss;
  VQAT_UNROLL
  for (int i = 0; i < kAddedPolicySums; ++i) {
    const double total = block_reduce(added[i], Add());
    if (threadIdx.x == 0) (&sums->loss)[i] += total;
  }
}

}  // namespace

void policy_loss_cuda(const PolicyLoss& args, const PolicySlopes& slopes, PolicySums* sums, void* stream) {
  if (args.sequences == 0) return;
  launch("policy_loss", loss, 1, kThreads, stream, args, slopes, sums);
}

}  // namespace vqat::kernels
