// No device and no CUDA kernels: for a program that runs the other cases alone, on a processor that the
// emulation (test/cuda) is not for.
#include "base/error.h"
#include "device.h"
#include "kernels/cuda/table.h"

namespace vqat::kernels {
namespace {

constexpr char kNone[] = "this program was built without CUDA";

[[noreturn]] void none() { fail(Code::E_UNAVAILABLE, kNone); }

}  // namespace

void policy_loss_cuda(const PolicyLoss&, const PolicySlopes&, PolicySums*, void*) { none(); }
void token_logprob_begin_cuda(const TokenLogprobState&, int64_t, void*) { none(); }
void token_logprob_finish_cuda(const TokenLogprobState&, const int32_t*, int64_t, const TokenLogprobResult&,
                               void*) {
  none();
}

#define VQAT_FOR(T)                                                                                   \
  template <>                                                                                         \
  void rms_norm_forward_cuda(const RmsNormForward<T>&, void*) {                                       \
    none();                                                                                           \
  }                                                                                                   \
  template <>                                                                                         \
  void rms_norm_backward_cuda(const RmsNormBackward<T>&, float*, void*) {                             \
    none();                                                                                           \
  }                                                                                                   \
  template <>                                                                                         \
  void rope_cuda(const Rope<T>&, void*) {                                                             \
    none();                                                                                           \
  }                                                                                                   \
  template <>                                                                                         \
  void swiglu_forward_cuda(const SwigluForward<T>&, void*) {                                          \
    none();                                                                                           \
  }                                                                                                   \
  template <>                                                                                         \
  void swiglu_backward_cuda(const SwigluBackward<T>&, void*) {                                        \
    none();                                                                                           \
  }                                                                                                   \
  template <>                                                                                         \
  void token_logprob_forward_tile_cuda(const TokenLogprobTile<T>&, const TokenLogprobState&, void*) { \
    none();                                                                                           \
  }                                                                                                   \
  template <>                                                                                         \
  void token_logprob_backward_tile_cuda(const TokenLogprobTile<T>&, const TokenLogprobGradient&, T*,  \
                                        void*) {                                                      \
    none();                                                                                           \
  }                                                                                                   \
  template <>                                                                                         \
  void decode_attention_cuda(const DecodeAttention<T>&, float*, void*) {                              \
    none();                                                                                           \
  }                                                                                                   \
  template <>                                                                                         \
  void sample_cuda(const Sample<T>&, void*, void*) {                                                  \
    none();                                                                                           \
  }                                                                                                   \
  template <>                                                                                         \
  void normalize_cuda(const Normalize<T>&, void*) {                                                   \
    none();                                                                                           \
  }

VQAT_FOR(float)
VQAT_FOR(bfloat16)

namespace device {

std::string why_not() { return kNone; }
bool is_emulated() { return false; }
void* allocate(size_t) { return nullptr; }
std::string deallocate(void*) { return kNone; }
std::string upload(void*, const void*, size_t) { return kNone; }
std::string download(void*, const void*, size_t) { return kNone; }
std::string finish() { return kNone; }

}  // namespace device
}  // namespace vqat::kernels
