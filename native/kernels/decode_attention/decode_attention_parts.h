// How decode attention is shared out on CUDA, by sizes that the host knows, so that nothing is read back and
// every step of a generation has the same grid. A block has a tile of queries, which share a kv head and a
// prompt, and one part of their positions; each part leaves a softmax of its own in scratch, to be merged.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/decode_attention/decode_attention.h"

namespace vqat::kernels {

constexpr int64_t kDecodeTilePositions = 64;  // that a block reads at once: what a part is a multiple of
constexpr int64_t kDecodeMostWidth = 256;     // of a head

// Queries of a block: wide heads leave room for half as many.
VQAT_HOST_DEVICE constexpr int64_t decode_tile_queries(int64_t head_dim) { return head_dim > 128 ? 16 : 32; }

struct DecodeAttentionParts {
  int64_t heads;         // query heads of a kv head
  int64_t tile_heads;    // of them in a tile
  int64_t head_tiles;    // tiles for the heads of a kv head
  int64_t tile_rows;     // rows of one run in a tile
  int64_t prompt_part;   // positions of a part of a prompt
  int64_t prompt_parts;  // of the longest prompt
  int64_t own_part;      // positions of a part of a row's own
  int64_t own_parts;     // of max_new positions
  int64_t padded_width;  // floats from the values of a part to the next one's

  VQAT_HOST_DEVICE int64_t parts() const { return prompt_parts + own_parts; }
};

template <class T>
DecodeAttentionParts decode_attention_parts(const DecodeAttention<T>& args) {
  constexpr int64_t kBlocks = 792;  // wanted: 6 for each multiprocessor of an H200
  const auto ceil_div = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  // The length of a part that shares `positions` out so that `blocks` become about as many as are wanted.
  const auto part_of = [&](int64_t positions, int64_t blocks) {
    const int64_t parts = std::max<int64_t>(1, kBlocks / std::max<int64_t>(1, blocks));
    return std::max<int64_t>(1, ceil_div(ceil_div(positions, parts), kDecodeTilePositions)) *
           kDecodeTilePositions;
  };
  const int64_t queries = decode_tile_queries(args.head_dim);
  DecodeAttentionParts parts{};
  parts.heads = args.heads / args.kv_heads;
  parts.head_tiles = ceil_div(parts.heads, queries);
  parts.tile_heads = ceil_div(parts.heads, parts.head_tiles);
  parts.tile_rows = std::max<int64_t>(1, queries / parts.heads);
  const int64_t across = args.kv_heads * parts.head_tiles;
  const int64_t tiles = std::max(ceil_div(args.rows, parts.tile_rows), std::min(args.rows, args.groups));
  parts.prompt_part = part_of(args.longest_prompt, tiles * across);
  parts.prompt_parts = ceil_div(args.longest_prompt, parts.prompt_part);
  parts.own_part = part_of(args.max_new, args.rows * across);
  parts.own_parts = ceil_div(args.max_new, parts.own_part);
  parts.padded_width = ceil_div(args.head_dim, 4) * 4;
  return parts;
}

// Floats: values, maximum and sum of each part of each head of each row.
template <class T>
int64_t decode_attention_scratch(const DecodeAttention<T>& args) {
  const DecodeAttentionParts parts = decode_attention_parts(args);
  return args.rows * args.heads * parts.parts() * (parts.padded_width + 2);
}

}  // namespace vqat::kernels
