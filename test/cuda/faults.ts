/**
 * Faults to plant in the kernels, at least one of each kind that the emulation must tell, and the tests that must see
 * each. A fault is a text that stands once in a file, and what stands there instead.
 */

export interface Fault {
  /** What is wrong then. */
  readonly name: string;
  /** Below native/. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
  /** The .cu files to compile again, where the fault is in a header. */
  readonly users?: readonly string[];
  /** GoogleTest's filter of the tests that must see it. */
  readonly tests: string;
}

const kernel = (operation: string) => `kernels/${operation}/${operation}_cuda.cu`;
const DEVICE = "kernels/cuda/device.cuh";

export const FAULTS: readonly Fault[] = [
  {
    name: "block_reduce without its first barrier: a second call overwrites what the first still reads",
    file: DEVICE,
    find: "  __syncthreads();  // an earlier call's readers are done\n",
    put: "",
    users: [kernel("policy_loss")],
    tests: "*PolicyLoss*Cuda*",
  },
  {
    name: "block_reduce without its second barrier",
    file: DEVICE,
    find: "of_warp[warp] = value;\n  __syncthreads();\n",
    put: "of_warp[warp] = value;\n",
    users: [kernel("rms_norm")],
    tests: "*RmsNorm*Cuda*",
  },
  {
    name: "rms_norm: a barrier that half of the threads reach",
    file: kernel("rms_norm"),
    find: "  const float mean = block_reduce",
    put: "  if (threadIdx.x < 128) __syncthreads();\n  const float mean = block_reduce",
    tests: "*RmsNorm*Cuda*",
  },
  {
    name: "token_logprob: threads without a column return before the barriers",
    file: kernel("token_logprob"),
    find: "  bool nan = false;\n",
    put: "  bool nan = false;\n  if (threadIdx.x >= tile.width) return;\n",
    tests: "*TokenLogprob*Cuda*",
  },
];
