#include "measures/niqe.h"

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/safe_point.h"
#include "measures/aggd.h"
#include "measures/half_size.h"
#include "measures/local_contrast.h"

namespace vqat::measures {
namespace {

// Where a neighbour lies whose product with a pixel is taken, in the authors' order.
struct Shift {
  int64_t down, right;
};
constexpr std::array<Shift, 4> kShifts{{{0, 1}, {1, 0}, {1, 1}, {1, -1}}};
constexpr int64_t kOfScale = 2 + 4 * kShifts.size();
static_assert(2 * kOfScale == kNiqeFeatures);

// Row of the inverse of NTSC's YIQ matrix, rounded to whole levels as MATLAB's rgb2gray does with bytes.
Plane luma(const uint8_t* rgb, int64_t stride, int64_t width, int64_t height) {
  Plane out(width, height);
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* in = rgb + y * stride * 3;
    double* row = out.row(y);
    for (int64_t x = 0; x < width; ++x, in += 3)
      row[x] =
          std::floor(0.298936021293776 * in[0] + 0.587043074451121 * in[1] + 0.114020904255103 * in[2] + 0.5);
  }
  return out;
}

// A block of a plane.
struct Block {
  const Plane& plane;
  int64_t left, top, side;

  const double* row(int64_t y) const { return plane.row(top + y) + left; }
};

void add_products(const Block& block, const Shift& shift, AggdSums& sums, double* products) {
  const int64_t side = block.side;
  for (int64_t y = 0; y < side; ++y) {
    const double* here = block.row(y);
    const double* there = block.row((y - shift.down + side) % side);
    const int64_t last = side - 1;
    for (int64_t x = 1; x < last; ++x) products[x] = here[x] * there[x - shift.right];
    products[0] = here[0] * there[(side - shift.right) % side];
    products[last] = here[last] * there[(last - shift.right) % side];
    add_to(sums, products, side);
  }
}

void describe(const Block& block, double* features) {
  std::array<double, kNiqeBlock> products;
  AggdSums own;
  for (int64_t y = 0; y < block.side; ++y) add_to(own, block.row(y), block.side);
  const Aggd all = fit(own);
  *features++ = all.shape;
  *features++ = (all.left + all.right) / 2;
  for (const Shift& shift : kShifts) {
    AggdSums sums;
    add_products(block, shift, sums, products.data());
    const Aggd pair = fit(sums);
    for (const double value : {pair.shape, pair.mean, pair.left, pair.right}) *features++ = value;
  }
}

double mean_of(const Block& block) {
  double sum = 0;
  for (int64_t y = 0; y < block.side; ++y)
    for (int64_t x = 0; x < block.side; ++x) sum += block.row(y)[x];
  return sum / static_cast<double>(block.side * block.side);
}

}  // namespace

NiqeBlocks niqe_blocks(std::span<const uint8_t> rgb, int64_t width, int64_t height) {
  check(width >= kNiqeBlock && height >= kNiqeBlock, "niqe: expected at least ", kNiqeBlock, " x ",
        kNiqeBlock, " pixels, found ", width, " x ", height);
  const int64_t columns = width / kNiqeBlock, rows = height / kNiqeBlock;
  NiqeBlocks out{std::vector<double>(columns * rows * kNiqeFeatures), std::vector<double>(columns * rows)};
  Plane picture = luma(rgb.data(), width, columns * kNiqeBlock, rows * kNiqeBlock);
  for (int64_t scale = 0; scale < 2; ++scale) {
    const LocalContrast contrast = local_contrast(picture);
    const int64_t side = kNiqeBlock >> scale;
    for (int64_t place = 0; place < columns * rows; ++place) {
      safe_point();
      const int64_t left = place / rows * side, top = place % rows * side;
      describe({contrast.normalised, left, top, side},
               out.features.data() + place * kNiqeFeatures + scale * kOfScale);
      if (scale == 0) out.sharpness[place] = mean_of({contrast.deviation, left, top, side});
    }
    if (scale == 0) picture = half_size(picture);
  }
  return out;
}

}  // namespace vqat::measures
