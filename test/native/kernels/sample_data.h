// Rows of logits for the tests of sample, and how a twin is run on them.
#pragma once

#include <limits>

#include "harness.h"
#include "kernels/sample/sample.h"
#include "sample_cases.h"

namespace vqat::kernels {
namespace {

using Tokens = std::vector<int32_t>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <class T>
struct Data {
  SampleCase c;
  std::vector<T> logits;
  std::vector<double> uniforms;
  std::vector<uint8_t> banned;
  std::vector<int32_t> tokens;
  std::vector<float> logprobs;

  explicit Data(const SampleCase& c)
      : c(c), logits(normal<T>(c.rows * c.row_stride, 1, c.scale)), tokens(c.rows, -7), logprobs(c.rows) {
    for (int64_t i = 0; i < c.rows; ++i) uniforms.push_back(uniform(9, static_cast<uint32_t>(i), 0));
    if (c.banned) banned.assign(c.vocabulary, 0);
    for (int64_t v = 0; v < std::ssize(banned); ++v) banned[v] = v % 3 == 1;
  }
  void run(Impl impl) {
    Lender lender(impl);
    const Sample<T> args{.logits = lender.lend(logits),
                         .uniform = lender.lend(uniforms),
                         .banned = lender.lend(banned),
                         .tokens = lender.lend(tokens),
                         .logprobs = lender.lend(logprobs),
                         .rows = c.rows,
                         .vocabulary = c.vocabulary,
                         .row_stride = c.row_stride,
                         .temperature = c.temperature,
                         .top_k = c.top_k,
                         .top_p = c.top_p};
    if (impl == Impl::kReference) sample_ref(args);
    if (impl == Impl::kCpu) sample_cpu(args);
    std::vector<uint8_t> scratch(sample_scratch_bytes(args), 0xA5);
    if (impl == Impl::kCuda) VQAT_ON_DEVICE(sample_cuda(args, lender.lend(scratch), nullptr));
    lender.take_back();
  }
};

}  // namespace
}  // namespace vqat::kernels
