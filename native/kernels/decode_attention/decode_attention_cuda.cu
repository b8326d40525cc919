// Decode attention on CUDA, in two kernels. A block of the first has a tile of up to 32 queries of one kv
// head, eight a warp, and a part of the positions that they share: rows of one run with a part of their
// prompt, so that its keys and values are read once for all of them, or one row with a part of its own.
// Positions come in tiles through shared memory, 64 of the head's width at a time, the next piece under way
// while one is used. Scores: a lane has two positions and all eight queries, so that nothing is summed across
// lanes and each weight is one exponential. Values: a lane has two of the width. The second kernel merges the
// parts of each head in their order. Scores, softmax and sums float32.
//
// On paper, H200, bfloat16: 132 multiprocessors that start 4 · 1.75 G instructions of a warp a second, 4.8
// TB/s. For 64 positions and 8 queries a warp needs 6,700 instructions at width 128, 4,096 of them
// multiplications (49 for 32 in the values, 167 for 128 in the scores), and 3,600 at width 64: 0.96 µs and
// 0.51 µs of a multiprocessor. 128 registers of 128 threads leave 4 blocks, 16 warps, 25 %; each block has 8
// KB of the next piece under way, 32 KB together (25 KB keep the memory busy at 700 ns). Per layer, 16
// prompts of 1,700 positions, four samples of up to 512 positions:
//
// 8B, 28/4 heads of 128: prompts 56 MB, 12 µs by bytes; 6,912 warp tiles, 50 µs by instructions, 57 µs as the
// 576 blocks fall on the multiprocessors. Own positions, 256 on average: 34 MB, 7 µs by either. Merge: 11 MB
// of parts through L2, written and read, 4 µs. About 70 µs in all; a block for each head and sample would
// read 1.6 GB of L2, 280 µs.
//
// 1B, 14/2 heads of 64: prompts 14 MB, 3 µs by bytes, 13 µs by instructions, 16 µs as 448 blocks. Own
// positions 4 µs, merge 3 µs: about 23 µs. One sample of one prompt, 8B: 108 blocks of one tile, about 6 µs,
// and 3 µs to merge.
//
// So bytes are not the limit but float32 multiplications, which exact scores and weights ask for; bfloat16
// tensor cores would lift it and round the weights to 8 bits.
#include <cmath>

#include "kernels/decode_attention/decode_attention_pieces.cuh"

namespace vqat::kernels {
namespace {

constexpr int kMergeWarps = 4;

// Blocks for which a multiprocessor has registers: 128 and 168 a thread are what these forms need.
template <class T, bool kWide>
constexpr int kBlocks = kWide && sizeof(T) == 2 ? 4 : 3;

// What a softmax over one part needs to be merged.
struct Partials {
  float* values;  // [rows, heads, parts, padded_width], not divided by the sum
  float* maxima;  // [rows, heads, parts]
  float* sums;    // like maxima
};

// How many rows before `row` belong to its run. Every lane of a warp must call it.
__device__ int64_t rows_before(const int32_t* group, int64_t row) {
  const int lane = threadIdx.x % kWarp;
  const int32_t mine = group[row];
  for (int64_t end = row; end > 0; end -= kWarp) {
    const int64_t at = end - 1 - lane;
    const unsigned others = __ballot_sync(kAllLanes, at < 0 || group[at] != mine);
    if (others != 0) return row - end + __ffs(static_cast<int>(others)) - 1;
  }
  return row;
}

// How many of the `most` rows from `row` on belong to its run; at most a warp.
__device__ int rows_from(const int32_t* group, int64_t row, int64_t rows, int64_t most) {
  const int lane = threadIdx.x % kWarp;
  const bool same = lane < most && row + lane < rows && group[row + lane] == group[row];
  const unsigned others = ~__ballot_sync(kAllLanes, same);
  return others == 0 ? kWarp : __ffs(static_cast<int>(others)) - 1;
}

// The positions of a block.
template <class T>
struct Span {
  const T* k;
  const T* v;
  int length;
  int rows;  // that attend to them, 0: the block has nothing to do
};

template <class T>
__device__ Span<T> span_of(const DecodeAttention<T>& args, const DecodeAttentionParts& parts,
                           int64_t kv_head) {
  const int64_t row = blockIdx.x, part = blockIdx.z;
  int64_t first, length;
  int rows = 1;
  const bool prompt = part < parts.prompt_parts;
  if (prompt) {
    const int32_t group = args.group[row];
    first = args.prompt_offsets[group] + part * parts.prompt_part;
    length = args.prompt_offsets[group + 1] - first;
    if (length > parts.prompt_part) length = parts.prompt_part;
    if (length <= 0) return {};
    if (parts.tile_rows > 1) {
      const auto before = static_cast<unsigned>(rows_before(args.group, row));
      if (before % static_cast<unsigned>(parts.tile_rows) != 0) return {};
      rows = rows_from(args.group, row, args.rows, parts.tile_rows);
    }
  } else {
    const int64_t begin = (part - parts.prompt_parts) * parts.own_part;
    first = args.slot[row] * args.max_new + begin;
    length = args.own_length[row] - begin;
    if (length > parts.own_part) length = parts.own_part;
    if (length <= 0) return {};
  }
  const int64_t at = (first * args.kv_heads + kv_head) * args.head_dim;
  return {(prompt ? args.prompt_k : args.own_k) + at, (prompt ? args.prompt_v : args.own_v) + at,
          static_cast<int>(length), rows};
}

template <class T, int kChunks, bool kWide>
__global__ void __launch_bounds__(kThreads, kBlocks<T, kWide>)
    attend(DecodeAttention<T> args, DecodeAttentionParts parts, Partials partials) {
  constexpr int kWidth = kChunks * kChunk;
  constexpr int kQueries = static_cast<int>(decode_tile_queries(kWidth)) / kWarps;  // of a warp
  __shared__ Piece<T> piece;
  __shared__ Four queries[kWarps][kQueries][kWidth / kFour];
  __shared__ Four weights[kWarps][kTile][kQueries / kFour];

  const auto head_tile = blockIdx.y % static_cast<unsigned>(parts.head_tiles);
  const int64_t kv_head = blockIdx.y / static_cast<unsigned>(parts.head_tiles);
  const Span<T> span = span_of(args, parts, kv_head);
  if (span.rows == 0) return;

  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  const int width = static_cast<int>(args.head_dim);
  const int chunks = (width + kChunk - 1) / kChunk;
  const int64_t stride = args.kv_heads * args.head_dim;
  const int first_head = static_cast<int>(head_tile * parts.tile_heads);
  const int heads = min(static_cast<int>(parts.tile_heads), static_cast<int>(parts.heads) - first_head);
  const int count = span.rows * heads;  // queries: all heads of the first row, then of the second
  // Row and head of query n, as one index into [rows, heads].
  const auto index_of = [&](int n) {
    return (blockIdx.x + n / heads) * args.heads + kv_head * parts.heads + first_head + n % heads;
  };
  const bool active = warp * kQueries < count;

  Share<T> next = fetch<kWide>(span.k, stride, span.length, width);
  for (int i = 0; i < kQueries; ++i) {
    const int n = warp * kQueries + i;
    const T* query = args.q + (n < count ? index_of(n) : 0) * args.head_dim;
    for (int j = lane; j < kWidth; j += kWarp) {
      queries[warp][i][j / kFour].of[j % kFour] =
          n < count && j < width ? args.scale * static_cast<float>(query[j]) : 0.0f;
    }
  }

  float value[kChunks][kQueries][2] = {};
  float largest = -INFINITY, sum = 0;  // lane i: score, and sum of the weights, of query i
  for (int begin = 0; begin < span.length; begin += kTile) {
    const int positions = min(kTile, span.length - begin);
    float score[kQueries][2] = {};
    VQAT_UNROLL
    for (int c = 0; c < kChunks; ++c) {
      if (c >= chunks) continue;
      pass_on(piece, next);
      const int after = c + 1 < chunks ? c + 1 : 0;
      next = fetch<kWide>((after > 0 ? span.k : span.v) + begin * stride + after * kChunk, stride, positions,
                          width - after * kChunk);
      if (!active) continue;
      add_scores(score, &queries[warp][0][c * kChunk / kFour], kWidth / kFour, piece,
                 min(kChunk, width - c * kChunk));
    }
    if (active) {
      Four near[kQueries / kFour], far[kQueries / kFour];
      VQAT_UNROLL
      for (int i = 0; i < kQueries; ++i) {
        const float first = lane < positions ? score[i][0] : -INFINITY;
        const float second = lane + kWarp < positions ? score[i][1] : -INFINITY;
        const float earlier = __shfl_sync(kAllLanes, largest, i);
        const float joint = fmaxf(earlier, warp_reduce(fmaxf(first, second), Max()));
        const float before = expf(earlier - joint);
        const float w0 = expf(first - joint), w1 = expf(second - joint);
        near[i / kFour].of[i % kFour] = w0;
        far[i / kFour].of[i % kFour] = w1;
        const float added = warp_reduce(w0 + w1, Add());
        if (lane == i) {
          largest = joint;
          sum = sum * before + added;
        }
        VQAT_UNROLL
        for (int c = 0; c < kChunks; ++c) {
          value[c][i][0] *= before;
          value[c][i][1] *= before;
        }
      }
      VQAT_UNROLL
      for (int f = 0; f < kQueries / kFour; ++f) {
        weights[warp][lane][f] = near[f];
        weights[warp][lane + kWarp][f] = far[f];
      }
    }
    VQAT_UNROLL
    for (int c = 0; c < kChunks; ++c) {
      if (c >= chunks) continue;
      pass_on(piece, next);
      const int after = c + 1 < chunks ? c + 1 : 0;
      const int from = after > 0 ? begin : begin + kTile;  // past the end there are no positions to read
      next = fetch<kWide>((after > 0 ? span.v : span.k) + from * stride + after * kChunk, stride,
                          min(kTile, span.length - from), width - after * kChunk);
      if (active) add_values(value[c], weights[warp], piece, positions);
    }
  }
  if (!active) return;
  VQAT_UNROLL
  for (int i = 0; i < kQueries; ++i) {
    const int n = warp * kQueries + i;
    if (n >= count) break;
    const int64_t entry = index_of(n) * parts.parts() + blockIdx.z;
    if (lane == i) {
      partials.maxima[entry] = largest;
      partials.sums[entry] = sum;
    }
    VQAT_UNROLL
    for (int c = 0; c < kChunks; ++c) {
      const int j = c * kChunk + 2 * lane;
      const Pack<float, 2> pair{value[c][i][0], value[c][i][1]};
      if (j < parts.padded_width) store<true>(&partials.values[entry * parts.padded_width + j], pair, 2);
    }
  }
}

// A warp for each head of each row: the softmax over all of its parts.
template <class T, bool kWide>
__global__ void __launch_bounds__(kMergeWarps* kWarp)
    merge(DecodeAttention<T> args, DecodeAttentionParts parts, Partials partials) {
  const int lane = threadIdx.x % kWarp;
  const int64_t row = blockIdx.x;
  const int64_t head = static_cast<int64_t>(blockIdx.y) * kMergeWarps + threadIdx.x / kWarp;
  if (head >= args.heads) return;
  const int32_t group = args.group[row];
  const auto prompt_length =
      static_cast<unsigned>(args.prompt_offsets[group + 1] - args.prompt_offsets[group]);
  const auto part_count = [](unsigned length, int64_t part) {
    return static_cast<int>((length + static_cast<unsigned>(part) - 1) / static_cast<unsigned>(part));
  };
  const int of_prompt = part_count(prompt_length, parts.prompt_part);
  const int count = of_prompt + part_count(static_cast<unsigned>(args.own_length[row]), parts.own_part);
  const int64_t first = (row * args.heads + head) * parts.parts();
  // Parts that are there, one after another.
  const auto entry_of = [&](int p) {
    return first + (p < of_prompt ? p : parts.prompt_parts + p - of_prompt);
  };

  float top = -INFINITY;
  for (int p = lane; p < count; p += kWarp) top = fmaxf(top, partials.maxima[entry_of(p)]);
  top = warp_reduce(top, Max());
  float total = 0;
  for (int p = lane; p < count; p += kWarp) {
    total += partials.sums[entry_of(p)] * expf(partials.maxima[entry_of(p)] - top);
  }
  total = warp_reduce(total, Add());
  for (int64_t j = lane * kFour; j < args.head_dim; j += kWarp * kFour) {
    float merged[kFour] = {};
    VQAT_UNROLL_4
    for (int p = 0; p < count; ++p) {
      const int64_t entry = entry_of(p);
      const float weight = expf(partials.maxima[entry] - top);
      const auto values = load<true, kFour>(&partials.values[entry * parts.padded_width + j], kFour);
      VQAT_UNROLL
      for (int e = 0; e < kFour; ++e) merged[e] += weight * values.of[e];
    }
    Pack<T, kFour> out;
    VQAT_UNROLL
    for (int e = 0; e < kFour; ++e) out.of[e] = merged[e] / total;
    store<kWide>(&args.out[(row * args.heads + head) * args.head_dim + j], out, args.head_dim - j);
  }
}

template <class T>
auto attend_for(const DecodeAttention<T>& args) {
  constexpr int kElements = kWideElements<T>;
  const bool wide = packs_at<kElements>(args.prompt_k, args.head_dim) &&
                    packs_at<kElements>(args.prompt_v, args.head_dim) &&
                    packs_at<kElements>(args.own_k, args.head_dim) &&
                    packs_at<kElements>(args.own_v, args.head_dim);
  const bool wide_head = args.head_dim > 2 * kChunk;
  if (!wide) return wide_head ? attend<T, 4, false> : attend<T, 2, false>;
  if (wide_head) return attend<T, 4, true>;
  return args.head_dim > kChunk ? attend<T, 2, true> : attend<T, 1, true>;
}

}  // namespace

template <class T>
void decode_attention_cuda(const DecodeAttention<T>& args, float* scratch, void* stream) {
  constexpr int64_t kMostPositions = 0x7FFFFFFF;
  check(args.head_dim <= kDecodeMostWidth, "decode_attention: expected head_dim up to ", kDecodeMostWidth,
        " on CUDA, found ", args.head_dim);
  check(args.longest_prompt <= kMostPositions, "decode_attention: expected prompts of at most ",
        kMostPositions, " positions on CUDA, found ", args.longest_prompt);
  if (args.rows == 0) return;
  const DecodeAttentionParts parts = decode_attention_parts(args);
  const dim3 attend_grid =
      grid_of("decode_attention", args.rows, args.kv_heads * parts.head_tiles, parts.parts());
  const dim3 merge_grid =
      grid_of("decode_attention, merge", args.rows, (args.heads + kMergeWarps - 1) / kMergeWarps);
  const int64_t entries = args.rows * args.heads * parts.parts();
  const Partials partials{scratch, scratch + entries * parts.padded_width,
                          scratch + entries * (parts.padded_width + 1)};
  launch("decode_attention", attend_for(args), attend_grid, kThreads, stream, args, parts, partials);
  const bool wide = packs_at<4>(args.out, args.head_dim);
  launch("decode_attention, merge", wide ? merge<T, true> : merge<T, false>, merge_grid, kMergeWarps * kWarp,
         stream, args, parts, partials);
}

template void decode_attention_cuda(const DecodeAttention<float>&, float*, void*);
template void decode_attention_cuda(const DecodeAttention<bfloat16>&, float*, void*);

}  // namespace vqat::kernels
