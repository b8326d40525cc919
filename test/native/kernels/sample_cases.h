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

// What the logits of an awkward case are, besides its sizes.
enum class Logits { kNormal, kMostlyNothing, kZerosOfBothSigns, kFourValues, kOnePeak, kHuge };
enum class Bans { kNone, kOdd, kAllButTheLast };

struct SampleAwkwardCase {
  const char* name;
  int64_t rows, vocabulary;
  float temperature;
  int64_t top_k;
  double top_p;
  Logits logits = Logits::kNormal;
  Bans bans = Bans::kNone;
};

// Vocabularies around a warp, a block of 1024 and 32 runs of 33; rows of ties, of -inf and of numbers at the
// end of float32's range. The first row of each draws 0, the second the number below 1.
inline constexpr int64_t kSampleAwkwardVocabularies[] = {1,  2,  5,    31,   32,   33,  63,
                                                         65, 97, 1023, 1024, 1025, 1057};
inline constexpr SampleAwkwardCase kSampleAwkwardCases[] = {
    {"plain", 4, 0, 1, 0, 1},
    {"filters", 3, 0, 0.7f, 3, 0.9, Logits::kNormal, Bans::kOdd},
    {"one is free", 2, 0, 1, 3, 1, Logits::kNormal, Bans::kAllButTheLast},
    {"greedy among ties", 3, 0, 0, 0, 1, Logits::kFourValues, Bans::kOdd},
    {"mostly nothing", 4, 0, 1, 0, 1, Logits::kMostlyNothing},
    {"mostly nothing, filters", 3, 0, 1, 4, 0.6, Logits::kMostlyNothing},
    {"zeros of both signs", 4, 0, 1, 0, 1, Logits::kZerosOfBothSigns},
    {"zeros of both signs, filters", 3, 0, 1, 4, 0.6, Logits::kZerosOfBothSigns},
    {"ties, top p", 3, 0, 1, 0, 0.5, Logits::kFourValues, Bans::kOdd},
    {"one peak", 3, 0, 1, 0, 0.5, Logits::kOnePeak},
    {"huge", 3, 0, 1, 4, 0.6, Logits::kHuge},
    {"top p just below 1", 4, 300, 1, 0, 1 - 1e-16},
    {"top k of all", 4, 300, 1, 300, 1},
    {"freezing", 4, 300, 1e-3f, 0, 0.9},
    {"boiling", 4, 300, 1e4f, 7, 0.9},
};

}  // namespace vqat::kernels
