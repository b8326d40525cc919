// Case table of sample: one id, odd vocabularies, more than a block, the real one; every filter alone and
// together.
#pragma once

#include <cstdint>

namespace vqat::kernels {

struct SampleCase {
  const char* name;
  int64_t rows, vocabulary, row_stride;
  float temperature;
  int64_t top_k;
  double top_p;
  bool banned;
  double scale;  // of the logits
};

inline constexpr SampleCase kSampleCases[] = {
    {"empty", 0, 7, 7, 1, 0, 1, false, 1},
    {"one id", 3, 1, 1, 1, 0, 1, false, 1},
    {"greedy", 40, 333, 340, 0, 0, 1, true, 2},
    {"plain", 200, 333, 333, 1, 0, 1, false, 2},
    {"many blocks", 100, 2049, 2049, 1, 0, 1, false, 3},
    {"flat", 100, 1500, 1500, 100, 0, 1, true, 2},
    {"cold", 50, 333, 333, 0.05f, 0, 1, false, 3},
    {"top k", 200, 333, 400, 1, 50, 1, false, 2},
    {"top k one", 20, 333, 333, 1, 1, 1, false, 2},
    {"top k beyond", 50, 20, 20, 1, 50, 1, false, 2},
    {"top p", 200, 1000, 1000, 1, 0, 0.9, false, 2},
    {"tiny top p", 50, 333, 333, 1, 0, 1e-9, false, 2},
    {"all filters", 200, 515, 515, 0.8f, 40, 0.95, true, 2},
    {"real vocabulary", 4, 151674, 151674, 1, 0, 1, true, 3},
    {"real, top p", 3, 151674, 151674, 1, 0, 0.95, true, 3},
};

}  // namespace vqat::kernels
