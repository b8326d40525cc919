/** Faults in decode attention. */
import { type Fault, kernel } from "./fault.js";

const ATTENTION = kernel("decode_attention");
const PIECES = "kernels/decode_attention/decode_attention_pieces.cuh";
const LAWS = "*DecodeAttentionTest.OnePosition*/Cuda:*DecodeAttentionTest.EqualKeys*/Cuda";
const CASES = "*DecodeAttention*Float32*/Cuda";

export const ATTENTION_FAULTS: readonly Fault[] = [
  {
    name: "decode_attention: a piece is overwritten while warps still read it (no first barrier)",
    file: PIECES,
    find: "const Share<T>& share) {\n  __syncthreads();\n",
    put: "const Share<T>& share) {\n",
    users: [ATTENTION],
    tests: CASES,
  },
  {
    name: "decode_attention: a piece is read before it is there (no second barrier)",
    file: PIECES,
    find: "kWideElements<T>);\n  }\n  __syncthreads();\n",
    put: "kWideElements<T>);\n  }\n",
    users: [ATTENTION],
    tests: LAWS,
  },
  {
    name: "decode_attention: a piece has room for one position too few",
    file: PIECES,
    find: "T of[kTile][kChunk + kWideElements<T>];",
    put: "T of[kTile - 1][kChunk + kWideElements<T>];",
    users: [ATTENTION],
    tests: CASES,
  },
  {
    name: "decode_attention: a shuffle for the lanes that have a position only",
    file: ATTENTION,
    find: "const float earlier = __shfl_sync(kAllLanes, largest, i);",
    put: "const float earlier = lane < positions ? __shfl_sync(kAllLanes, largest, i) : largest;",
    tests: LAWS,
  },
  {
    name: "decode_attention: the weights of the second half of a tile are never written",
    file: ATTENTION,
    find: "        weights[warp][lane + kWarp][f] = far[f];\n",
    put: "",
    tests: CASES,
  },
  {
    name: "decode_attention: parts are merged as if their maxima were one",
    file: ATTENTION,
    find: "      const float weight = expf(partials.maxima[entry] - top);\n",
    put: "      const float weight = 1;\n",
    tests: CASES,
  },
  {
    name: "decode_attention: the last part is left out",
    file: ATTENTION,
    find: "for (int p = 0; p < count; ++p) {",
    put: "for (int p = 0; p + 1 < count || p == 0; ++p) {",
    tests: CASES,
  },
  {
    name: "decode_attention: a run of rows is sought past the last row",
    file: ATTENTION,
    find: "lane < most && row + lane < rows && group",
    put: "lane < most && group",
    tests: CASES,
  },
];
