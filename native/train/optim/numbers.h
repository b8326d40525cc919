// Numbers that an optimiser keeps from step to step, as narrow as is asked: float32; bfloat16, rounded
// stochastically; codes of 8 bits with a float32 scale for each block (Dettmers et al. 2022, "8-bit
// Optimizers via Block-wise Quantization").
#pragma once

#include <memory>

#include "train/arena.h"

namespace vqat::train {

class Numbers {
 public:
  virtual ~Numbers() = default;
  // Numbers [from, to), both multiples of Arena::kBlock, as float32: views where they are kept so.
  virtual at::Tensor load(int64_t from, int64_t to) const = 0;
  // What load(from, …) gave, changed in place. `step` names the random bits of a rounding.
  virtual void store(int64_t from, const at::Tensor& changed, int64_t step) = 0;
  // Views of all that is kept of [begin, begin + its values), which are those of `parameter`: `prefix` before
  // its name.
  virtual NamedTensors named(const std::string& prefix, int64_t begin, const Parameter& parameter) const = 0;
};

enum class Width { kFloat32, kBFloat16, kBlock8 };

// `flat` itself, float32 or bfloat16 [n], n a multiple of Arena::kBlock. `salt` tells the random bits of one
// array from another's.
std::unique_ptr<Numbers> numbers_in(const at::Tensor& flat, uint64_t salt);

// `count` zeros, a multiple of Arena::kBlock, of that width on that device. Without a sign none is below 0,
// and in 8 bits none above 0 is rounded to 0: a second moment is divided by.
std::unique_ptr<Numbers> zeros_of(Width width, int64_t count, bool has_sign, uint64_t salt,
                                  const at::Device& device);

// Bytes that so many of them take, the padding of a parameter to blocks included.
double bytes_of(Width width, int64_t values);

// The 256 values of 8-bit codes, ascending: seven powers of ten down from 1, each cut into twice as many
// equal parts as the one below it, whose middles they are, and 0 and 1 (Dettmers 2016, "8-bit Approximations
// for Parallelism in Deep Learning").
at::Tensor dynamic_tree(bool has_sign);

}  // namespace vqat::train
