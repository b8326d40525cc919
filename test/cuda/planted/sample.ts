/** Faults in sampling. */
import { type Fault, kernel } from "./fault.js";

const SAMPLE = kernel("sample");
const SELECT = "kernels/sample/sample_select.cuh";
const CHOOSE = "kernels/sample/sample_choose.cuh";
const DRAWS = "*SampleTest.InverseDistribution*/Cuda:*SampleTest.FiltersRenormalise*/Cuda";
const FILTERS = "*SampleTest.FiltersRenormalise*/Cuda:*SampleSelect.ZerosOfBothSigns*/Cuda";

export const SAMPLE_FAULTS: readonly Fault[] = [
  {
    name: "sample: the digit of the cut is one too high",
    file: SELECT,
    find: "(threadIdx.x * kRun + home);",
    put: "(threadIdx.x * kRun + home + 1);",
    users: [SAMPLE],
    tests: FILTERS,
  },
  {
    name: "sample: ids are counted before the bins are empty (no barrier)",
    file: SELECT,
    find: "    __syncthreads();\n    for (int e = 0; e < kEach; ++e) {",
    put: "    for (int e = 0; e < kEach; ++e) {",
    users: [SAMPLE],
    tests: FILTERS,
  },
  {
    name: "sample: bins go on before all ids are counted (no barrier)",
    file: SELECT,
    find: "    __syncthreads();\n    for (int b = threadIdx.x; b < kBins; b += kThreads) {\n      unsigned long long count",
    put: "    for (int b = threadIdx.x; b < kBins; b += kThreads) {\n      unsigned long long count",
    users: [SAMPLE],
    tests: FILTERS,
  },
  {
    name: "sample: scratch is used as it comes",
    file: SAMPLE,
    find: "  if (threadIdx.x == 0) job.row().finished = 0;\n",
    put: "",
    tests: DRAWS,
  },
  {
    name: "sample: threads ask who is last before it is known (no barrier)",
    file: "kernels/sample/sample_job.cuh",
    find: "  __syncthreads();\n  return last;",
    put: "  return last;",
    users: [SAMPLE],
    tests: DRAWS,
  },
  {
    name: "sample: the slice is read before it is chosen (no barrier)",
    file: CHOOSE,
    find: "    goal = wanted;\n  }\n  __syncthreads();\n",
    put: "    goal = wanted;\n  }\n",
    users: [SAMPLE],
    tests: `${DRAWS}:*SampleSelect.DrawsAtTheEdges*/Cuda`,
  },
  {
    name: "sample: a slice begins one id late",
    file: "kernels/sample/sample_job.cuh",
    find: "blockIdx.y * static_cast<int>(kSampleSlice); }",
    put: "blockIdx.y * static_cast<int>(kSampleSlice + 1); }",
    users: [SAMPLE],
    tests: "*SampleSelect.DrawsAtTheEdges*/Cuda",
  },
];
