// How the current thread runs libtorch's operators. No torch in this header: the job queue includes it.
#pragma once

#include <memory>

namespace vqat {

// Physical cores as libtorch counts them.
int default_threads();

// Our own kernels, called on this thread, use this many. libtorch's operators keep to what InferenceScope
// said last.
void use_threads(int threads);

// While it lives: no autograd on this thread, and operators use this many threads.
class InferenceScope {
 public:
  explicit InferenceScope(int threads);
  ~InferenceScope();
  InferenceScope(const InferenceScope&) = delete;
  InferenceScope& operator=(const InferenceScope&) = delete;

 private:
  struct Guard;
  std::unique_ptr<Guard> guard_;
};

}  // namespace vqat
