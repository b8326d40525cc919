// The end of sample_cuda.cu: the id at a uniform number, from the masses of a row's slices.
// No torch; C++17.
#pragma once

#include "kernels/cuda/scan.cuh"
#include "kernels/sample/sample_job.cuh"

namespace vqat::kernels {
namespace {

// Of threads that own runs of ids in their order: the first with whose `mass` the cumulative one passes
// `goal`, `before` being that of the threads before it. By rounding there may be none: then the last with any
// mass.
__device__ int home_thread(double mass, double before, double goal) {
  const int t = threadIdx.x;
  int rank = 2 * kThreads;
  if (mass > 0) rank = before + mass > goal ? t : 2 * kThreads - 1 - t;
  rank = block_reduce(rank, Least());
  return rank < kThreads ? rank : 2 * kThreads - 1 - rank;
}

struct Spot {
  int index;      // of the item whose share holds the goal
  double before;  // the cumulative mass of those before it
};

// The same inside a run: items begin .. end of masses mass_of(item).
template <class MassOf>
__device__ Spot find_spot(int begin, int end, MassOf mass_of, double before, double goal) {
  Spot spot{begin, before};
  for (int i = begin; i < end; ++i) {
    const double mass = mass_of(i);
    if (mass > 0) spot = {i, before};
    before += mass;
    if (before > goal) break;
  }
  return spot;
}

// Writes a row's token, -1 for none, and its log-probability; by one thread.
template <class T>
__device__ void answer(const Job<T>& job, const Row& row, int32_t token) {
  job.args.tokens[blockIdx.x] = token;
  float logprob = NAN;
  if (token >= 0) {
    const double logit = static_cast<float>(job.logits()[token]);
    logprob = static_cast<float>((logit - row.largest) * job.inv_temperature - log(row.sum));
  }
  job.args.logprobs[blockIdx.x] = logprob;
}

// The id whose share of the mass that stays holds the row's uniform number, in rising order of ids. By all
// threads of one block, once the row and its slices are known.
template <class T>
__device__ void choose(const Job<T>& job) {
  __shared__ Spot home;
  __shared__ double goal;
  const Row row = job.row();
  Part* parts = job.row_parts();
  const int t = threadIdx.x, slices = gridDim.y;
  const int run = (slices + kThreads - 1) / kThreads;
  const int first = min(t * run, slices), end = min(first + run, slices);
  const float cut_logit = row.ties > 0 ? logit_of<T>(row.cut) : 0.0f;

  // Of the ids at the cut the lowest stay: a run of slices takes what the earlier ones have left.
  int found = 0, all;
  for (int s = first; s < end; ++s) found += parts[s].ties;
  int left = row.ties - block_scan(found, &all);
  for (int s = first; s < end; ++s) {
    const int taken = max(0, min(left, parts[s].ties));
    left -= parts[s].ties;
    parts[s].ties = taken;
  }
  const auto mass_of_slice = [&](int s) {
    const Part& part = parts[s];
    if (part.best_id < 0) return 0.0;
    double mass = part.mass;
    if (part.ties > 0) mass += static_cast<double>(part.ties) * job.weight(cut_logit, part.best);
    return mass * job.scale(part.best, row.best);
  };
  double mass = 0, total;
  for (int s = first; s < end; ++s) mass += mass_of_slice(s);
  double before = block_scan(mass, &total);
  const double wanted = job.args.uniform[blockIdx.x] * total;
  if (home_thread(mass, before, wanted) == t) {
    home = find_spot(first, end, mass_of_slice, before, wanted);
    goal = wanted;
  }
  __syncthreads();

  // Inside the slice a thread has sixteen ids in a row.
  const Part& part = parts[home.index];
  const int begin = home.index * static_cast<int>(kSampleSlice) + t * kEach;
  const int stop = min(begin + kEach, job.vocabulary());
  const T* logits = job.logits();
  unsigned stays = 0, at_cut = 0;
  for (int v = begin; v < stop; ++v) {
    const float logit = logits[v];
    if ((job.args.banned && job.args.banned[v]) || !(logit > -INFINITY)) continue;
    const uint32_t key = key_of<T>(logit);
    if (key < row.cut) stays |= 1u << (v - begin);
    if (key == row.cut) at_cut |= 1u << (v - begin);
  }
  left = part.ties - block_scan(__popc(at_cut), &all);
  for (; left > 0 && at_cut != 0; --left) {
    stays |= at_cut & (0 - at_cut);
    at_cut &= at_cut - 1;
  }
  const double scale = job.scale(part.best, row.best);
  const auto mass_of_id = [&](int v) {
    return stays >> (v - begin) & 1 ? job.weight(logits[v], part.best) * scale : 0.0;
  };
  mass = 0;
  for (int v = begin; v < stop; ++v) mass += mass_of_id(v);
  before = home.before + block_scan(mass, &total);
  if (home_thread(mass, before, goal) == t) {
    answer(job, row, find_spot(begin, stop, mass_of_id, before, goal).index);
  }
}

}  // namespace
}  // namespace vqat::kernels
