// Sampling on CUDA. A row is cut into slices of 4096 ids. A block reads one slice once, sixteen ids a thread,
// and the block of a row that ends last goes on with what needs the whole row: so four rows fill a card, and
// a row without filters is read once.
//
//   measure  Maximum, best free id, sum and mass of every slice. Last block: those of the row, and without
//            filters the chosen id, from the masses of the slices and then inside one of them.
//   tally    For top-k and top-p: a histogram, by number or by mass, of one digit of the keys that begin with
//            the digits found so far. Last block: the bin in which the goal lies. float32 has three digits
//            (11, 11, 10 bits), bfloat16 two (11, 5). After the last one the cut is a logit and how many of
//            the ids that have it stay, lowest first.
//   keep     Mass of what stays and number of ids at the cut in every slice. Last block: the chosen id.
//
// A slice whose best id lies beyond the digits found is not read again: after top-k's first digit most are
// not. Weights are float32. A thread's sixteen are added by halves in float32, all else in double, in an
// order that the vocabulary alone fixes. Masses in a histogram arrive by atomics in any order and are
// integers therefore: weights times 2^44 (for 151,674 ids; 2^62 over their number rounded up to a power of
// two), cut off, together within 9e-9 of a mass that is at least 1.
//
// On paper, H200 (132 SMs, 1.75 GHz, 4.8 TB/s, L2 about 5.5 TB/s), 151,674 ids in bfloat16, 38 slices a row;
// for 4, 16 and 64 rows, µs:
//   152, 608, 2432 blocks of 256 threads, 4 an SM in measure (64 registers), 5 and 6 in the others;
//   bytes: 303 KB of logits, which the head has just written to L2, and 152 KB of bans a row: .3, 1.3, 5.3;
//   exponentials, 16 a clock and SM, one an id: .2, .7, 2.6; about 30 instructions an id, 128 a clock and SM:
//   .6, 2.5, 10, which is what bounds a pass; a launch and its last block: about 4 of latency.
//   plain (prepare, measure): 7, 9, 16. A first tally: five lanes of a warp in one bin, 640 clocks a slice
//   for atomics, 4, 6, 11; a later one and keep, with few slices to read: 4 each. So top-k 50: 19, 23, 35;
//   both filters: 28, 33, 50. float32: one later tally more for each filter. The 8B model's step takes 3,400.
//   All ids equal is the worst: 32 lanes in one bin, 45 for each tally of 64 rows.
#include <cmath>

#include "kernels/sample/sample_choose.cuh"
#include "kernels/sample/sample_select.cuh"

namespace vqat::kernels {
namespace {

// Scratch comes in any state.
template <class T>
__global__ void __launch_bounds__(kThreads) prepare(Job<T> job) {
  if (threadIdx.x == 0) job.row().finished = 0;
  if (!job.bins) return;
  for (int b = threadIdx.x; b < kBins; b += kThreads) job.row_bins()[b] = 0;
}

template <class T>
__global__ void __launch_bounds__(kThreads) measure(Job<T> job) {
  const bool greedy = job.args.temperature == 0;
  Part* parts = job.row_parts();
  float largest = -INFINITY;
  unsigned long long rank = kWorst;
  {
    const Share mine = job.share();
    for (int e = 0; e < kEach; ++e) {
      largest = fmaxf(largest, mine.logit[e]);
      if (mine.free >> e & 1) rank = Least()(rank, rank_of<T>(mine.logit[e], id_of(job.begin(), e)));
    }
    largest = block_reduce(largest, Max());
    rank = block_reduce(rank, Least());
    const float best = rank == kWorst ? -INFINITY : logit_of<T>(static_cast<uint32_t>(rank >> 32));
    // A slice of -inf alone has no sum; a NaN in it still shows.
    const float base = largest > -INFINITY ? largest : 0.0f;
    float terms[kEach];
    for (int e = 0; e < kEach; ++e) terms[e] = job.weight(mine.logit[e], base);
    const double sum = block_reduce(static_cast<double>(sum_of<kEach>(terms)), Add());
    double mass = 0;
    if (!greedy && !job.bins && rank != kWorst) {
      if (best != largest) {  // a banned id may tower above the free ones
        for (int e = 0; e < kEach; ++e) terms[e] = job.weight(mine.logit[e], best);
      }
      for (int e = 0; e < kEach; ++e) terms[e] = mine.free >> e & 1 ? terms[e] : 0.0f;
      mass = block_reduce(static_cast<double>(sum_of<kEach>(terms)), Add());
    }
    const int32_t best_id = rank == kWorst ? -1 : static_cast<int32_t>(rank & 0xFFFFFFFFu);
    if (threadIdx.x == 0) parts[blockIdx.y] = {sum, mass, largest, best, best_id, 0};
  }
  if (!last_of_row(job.row())) return;

  const int slices = gridDim.y;
  largest = -INFINITY;
  rank = kWorst;
  for (int s = threadIdx.x; s < slices; s += kThreads) {
    largest = fmaxf(largest, parts[s].largest);
    if (parts[s].best_id >= 0) rank = Least()(rank, rank_of<T>(parts[s].best, parts[s].best_id));
  }
  largest = block_reduce(largest, Max());
  rank = block_reduce(rank, Least());
  double sum = 0;  // NaN when a logit is NaN or +inf, or all are -inf
  for (int s = threadIdx.x; s < slices; s += kThreads) {
    sum += parts[s].sum * job.scale(parts[s].largest, largest);
  }
  sum = block_reduce(sum, Add());
  const float best = logit_of<T>(static_cast<uint32_t>(rank >> 32));
  const bool none = isnan(sum) || rank == kWorst;
  const int32_t best_id = none ? -1 : static_cast<int32_t>(rank & 0xFFFFFFFFu);
  const Row row{sum, 0, largest, best, best_id, 0, kNoCut, 0, 0};
  if (threadIdx.x == 0) job.row() = row;
  if (none || greedy) {
    if (threadIdx.x == 0) answer(job, row, best_id);
  } else if (!job.bins) {
    __syncthreads();
    choose(job);
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads) keep(Job<T> job) {
  if (job.row().best_id < 0) return;
  const uint32_t cut = job.row().cut;
  Part& part = job.row_parts()[blockIdx.y];
  double mass = 0;
  int ties = 0;
  if (part.best_id >= 0 && key_of<T>(part.best) <= cut) {
    const Share mine = job.share();
    float terms[kEach];
    for (int e = 0; e < kEach; ++e) {
      const uint32_t key = key_of<T>(mine.logit[e]);
      const bool free = mine.free >> e & 1;
      terms[e] = free && key < cut ? job.weight(mine.logit[e], part.best) : 0.0f;
      ties += free && key == cut;
    }
    mass = block_reduce(static_cast<double>(sum_of<kEach>(terms)), Add());
    ties = block_reduce(ties, Add());
  }
  if (threadIdx.x == 0) {
    part.mass = mass;
    part.ties = ties;
  }
  if (last_of_row(job.row())) choose(job);
}

template <class T, bool kByMass>
void select(const Job<T>& job, dim3 grid, void* stream) {
  for (int above = kKeyBits<T>; above > 0;) {
    const int bits = above < kDigitBits ? above : kDigitBits;
    above -= bits;
    launch("sample_tally", tally<T, kByMass>, grid, kThreads, stream, job, above, bits);
  }
}

}  // namespace

template <class T>
void sample_cuda(const Sample<T>& args, void* scratch, void* stream) {
  if (args.rows == 0) return;
  const int64_t slices = (args.vocabulary + kSampleSlice - 1) / kSampleSlice;
  const bool by_count = sample_filters_by_count(args), by_mass = sample_filters_by_mass(args);
  int bits = 0;
  while (int64_t{1} << bits < args.vocabulary) ++bits;
  Job<T> job{};
  job.args = args;
  job.rows = static_cast<Row*>(scratch);
  job.parts = reinterpret_cast<Part*>(job.rows + args.rows);
  if (by_count || by_mass) job.bins = reinterpret_cast<unsigned long long*>(job.parts + args.rows * slices);
  job.inv_temperature = args.temperature > 0 ? 1 / args.temperature : 1.0f;
  job.unit = std::ldexp(1.0f, 62 - bits);
  const dim3 grid = grid_of("sample", args.rows, slices);
  launch("sample_prepare", prepare<T>, grid.x, kThreads, stream, job);
  launch("sample_measure", measure<T>, grid, kThreads, stream, job);
  if (by_count) select<T, false>(job, grid, stream);
  if (by_mass) select<T, true>(job, grid, stream);
  if (by_count || by_mass) launch("sample_keep", keep<T>, grid, kThreads, stream, job);
}

template void sample_cuda(const Sample<float>&, void*, void*);
template void sample_cuda(const Sample<bfloat16>&, void*, void*);

}  // namespace vqat::kernels
