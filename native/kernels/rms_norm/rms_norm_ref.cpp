// RMS norm as defined in rms_norm.h, in plain loops with double sums. Never tuned.
#include <cmath>

#include "kernels/rms_norm/rms_norm.h"

namespace vqat::kernels {
namespace {

// The value that the weight multiplies: already in the storage type.
template <class T>
double normalized(T x, double rstd) {
  return static_cast<float>(static_cast<T>(static_cast<float>(static_cast<float>(x) * rstd)));
}

}  // namespace

template <class T>
void rms_norm_forward_ref(const RmsNormForward<T>& args) {
  for (int64_t i = 0; i < args.rows; ++i) {
    const T* x = args.x + i * args.width;
    T* y = args.y + i * args.width;
    double squares = 0;
    for (int64_t j = 0; j < args.width; ++j) {
      squares += static_cast<double>(static_cast<float>(x[j])) * static_cast<float>(x[j]);
    }
    const double rstd = 1 / std::sqrt(squares / args.width + args.eps);
    for (int64_t j = 0; j < args.width; ++j) {
      y[j] = static_cast<float>(normalized(x[j], rstd) * static_cast<float>(args.weight[j]));
    }
    if (args.rstd) args.rstd[i] = static_cast<float>(rstd);
  }
}

template <class T>
void rms_norm_backward_ref(const RmsNormBackward<T>& args) {
  if (args.dweight) {
    for (int64_t j = 0; j < args.width; ++j) {
      double sum = 0;
      for (int64_t i = 0; i < args.rows; ++i) {
        const int64_t at = i * args.width + j;
        sum += static_cast<float>(args.dy[at]) * normalized(args.x[at], args.rstd[i]);
      }
      args.dweight[j] += static_cast<float>(sum);
    }
  }
  for (int64_t i = 0; i < args.rows; ++i) {
    const T* dy = args.dy + i * args.width;
    const T* x = args.x + i * args.width;
    T* dx = args.dx + i * args.width;
    const double rstd = args.rstd[i];
    double dot = 0;
    for (int64_t j = 0; j < args.width; ++j) {
      dot += static_cast<double>(static_cast<float>(dy[j])) * static_cast<float>(args.weight[j]) *
             static_cast<float>(x[j]) * rstd;
    }
    const double mean = dot / args.width;
    for (int64_t j = 0; j < args.width; ++j) {
      const double direct =
          static_cast<double>(static_cast<float>(dy[j])) * static_cast<float>(args.weight[j]);
      dx[j] = static_cast<float>(rstd * (direct - static_cast<float>(x[j]) * rstd * mean));
    }
  }
}

template void rms_norm_forward_ref(const RmsNormForward<float>&);
template void rms_norm_forward_ref(const RmsNormForward<bfloat16>&);
template void rms_norm_backward_ref(const RmsNormBackward<float>&);
template void rms_norm_backward_ref(const RmsNormBackward<bfloat16>&);

}  // namespace vqat::kernels
