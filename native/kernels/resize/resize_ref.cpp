// Bicubic resize as defined in resize.h, in plain loops. Never tuned.
#include <algorithm>
#include <vector>

#include "kernels/resize/resize.h"
#include "kernels/resize/resize_weights.h"

namespace vqat::kernels {
namespace {

// Resizes one line of samples; steps from sample to sample are in bytes.
void resize_line(const uint8_t* from, uint8_t* to, const ResizeAxis& axis, int64_t from_step,
                 int64_t to_step) {
  for (int64_t i = 0; i < std::ssize(axis.first); ++i) {
    int32_t sum = kResizeHalf;
    for (int64_t k = 0; k < axis.count[i]; ++k) {
      sum += axis.weights[i * axis.taps + k] * from[(axis.first[i] + k) * from_step];
    }
    to[i * to_step] = resize_byte(sum);
  }
}

}  // namespace

void resize_ref(const Resize& args) {
  const int64_t in_line = args.in_width * 3;
  const int64_t out_line = args.out_width * 3;
  std::vector<uint8_t> middle(args.in_height * out_line);
  if (args.in_width == args.out_width) {
    std::copy_n(args.in, middle.size(), middle.begin());
  } else {
    const ResizeAxis axis = resize_axis(args.in_width, args.out_width);
    for (int64_t y = 0; y < args.in_height; ++y) {
      for (int64_t c = 0; c < 3; ++c) {
        resize_line(args.in + y * in_line + c, middle.data() + y * out_line + c, axis, 3, 3);
      }
    }
  }
  if (args.in_height == args.out_height) {
    std::copy(middle.begin(), middle.end(), args.out);
    return;
  }
  const ResizeAxis axis = resize_axis(args.in_height, args.out_height);
  for (int64_t column = 0; column < out_line; ++column) {
    resize_line(middle.data() + column, args.out + column, axis, out_line, out_line);
  }
}

}  // namespace vqat::kernels
