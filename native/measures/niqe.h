// The features of NIQE: statistics of natural scenes, by blocks of one picture. Knows no model of them and no
// score.
//
// Luma of 0..255, rounded. At full and at half size: contrast normalised by the local mean and deviation
// (local_contrast.h), then per block the shape and spread of its values and of the products of neighbours
// (aggd.h), 18 numbers. Neighbours wrap around inside a block. Whole blocks from the top left; the rest of
// the picture is left out before anything is filtered. Source: Mittal, Soundararajan, Bovik, "Making a
// Completely Blind Image Quality Analyzer", IEEE SPL 2013, and the constants of the authors' release.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace vqat::measures {

constexpr int64_t kNiqeBlock = 96;     // pixels a side, at full size
constexpr int64_t kNiqeFeatures = 36;  // 18 of the full size, then 18 of the half size

struct NiqeBlocks {
  // [blocks, kNiqeFeatures], column after column of blocks. NaN where a block has no value on one side of
  // zero.
  std::vector<double> features;
  std::vector<double> sharpness;  // [blocks]: mean of the local deviation at full size, in levels
};

// RGB bytes [height, width, 3], both sides at least kNiqeBlock; E_ARGUMENT otherwise. One thread; safe points
// between rows of blocks.
NiqeBlocks niqe_blocks(std::span<const uint8_t> rgb, int64_t width, int64_t height);

}  // namespace vqat::measures
