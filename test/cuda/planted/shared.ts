/** Faults in what the kernels share. */
import { type Fault, kernel } from "./fault.js";

const DEVICE = "kernels/cuda/device.cuh";

export const SHARED_FAULTS: readonly Fault[] = [
  {
    name: "block_reduce: a second call overwrites what the first still reads (no first barrier)",
    file: DEVICE,
    find: "  __syncthreads();  // an earlier call's readers are done\n",
    put: "",
    users: [kernel("policy_loss")],
    tests: "*PolicyLoss*/Cuda",
    sampled: true,
  },
  {
    name: "block_reduce: the warps' values are read before they are written (no second barrier)",
    file: DEVICE,
    find: "of_warp[warp] = value;\n  __syncthreads();\n",
    put: "of_warp[warp] = value;\n",
    users: [kernel("rms_norm")],
    tests: "*RmsNorm.RowsOfUnitSquare*/Cuda:*RmsNorm.Float32*/Cuda",
  },
  {
    name: "block_reduce: the last warp's value is never written",
    file: DEVICE,
    find: "if (threadIdx.x % kWarp == 0) of_warp[warp] = value;",
    put: "if (threadIdx.x % kWarp == 0 && threadIdx.x + kWarp < blockDim.x) of_warp[warp] = value;",
    users: [kernel("rms_norm")],
    tests: "*RmsNorm.RowsOfUnitSquare*/Cuda:*RmsNorm.Float32*/Cuda",
  },
  {
    name: "block_reduce: room for one warp too few",
    file: DEVICE,
    find: "__shared__ V of_warp[kWarp];",
    put: "__shared__ V of_warp[15];",
    users: [kernel("policy_loss")],
    tests: "*PolicyLoss*/Cuda",
  },
  {
    name: "warp_reduce: a mask without the last lane, which calls it all the same",
    file: DEVICE,
    find: "__shfl_xor_sync(kAllLanes, value, step)",
    put: "__shfl_xor_sync(kAllLanes >> 1, value, step)",
    users: [kernel("rms_norm")],
    tests: "*RmsNorm.RowsOfUnitSquare*/Cuda",
  },
  {
    name: "block_scan: sums of warps are read before they are written (no second barrier)",
    file: "kernels/cuda/scan.cuh",
    find: "of_warp[warp] = upto;\n  __syncthreads();\n",
    put: "of_warp[warp] = upto;\n",
    users: [kernel("sample")],
    tests: "*SampleTest.InverseDistribution*/Cuda:*SampleSelect.ZerosOfBothSigns*/Cuda",
  },
  {
    name: "block_scan: lane 0 is given a sum by a shuffle that lane 0 does not take part in",
    file: "kernels/cuda/scan.cuh",
    find: "const V left = __shfl_up_sync(kAllLanes, upto, 1);",
    put: "const V left = lane == 0 ? V(0) : __shfl_up_sync(kAllLanes, upto, 1);",
    users: [kernel("sample")],
    tests: "*SampleTest.InverseDistribution*/Cuda",
  },
  {
    name: "load_pair: an element past the end of a row of odd width",
    file: "kernels/cuda/row.cuh",
    find: "if (paired && v + 1 < width) return *",
    put: "if (paired && v < width) return *",
    users: [kernel("token_logprob")],
    tests: "*TokenLogprob*/Cuda",
  },
];
