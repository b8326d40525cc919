/** The formula against NVIDIA's own calculator, which is a header of the CUDA toolkit, and on numbers made by hand. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { cudaCompiler } from "../../../../scripts/kernels/compile.js";
import { blocksOnSm, registersOfBlock } from "../../../../scripts/kernels/occupancy.js";
import { cudaFile, NO_COMPILER } from "../../../helpers/cuda-files.js";
import { scratchFolder } from "../../../helpers/video-files.js";

const THREADS = [1, 32, 33, 64, 96, 128, 160, 224, 256, 288, 384, 512, 640, 768, 1000, 1024];
const REGISTERS = [1, 8, 16, 17, 24, 32, 33, 40, 48, 56, 57, 64, 72, 80, 96, 128, 168, 200, 255];
const SHARED = [0, 1, 127, 128, 904, 4224, 8256, 16_384, 31_000, 49_152];

/** Prints blocks for every line of threads, registers and shared memory; the device is an H200's sm_90. */
const ORACLE = `
  #include <cstdio>
  #include <cuda_occupancy.h>
  int main() {
    cudaOccDeviceProp device;
    device.computeMajor = 9;
    device.computeMinor = 0;
    device.maxThreadsPerBlock = 1024;
    device.maxThreadsPerMultiprocessor = 2048;
    device.regsPerBlock = device.regsPerMultiprocessor = 65536;
    device.warpSize = 32;
    device.sharedMemPerBlock = 49152;
    device.sharedMemPerMultiprocessor = 233472;
    device.sharedMemPerBlockOptin = 232448;
    device.reservedSharedMemPerBlock = 1024;
    device.numSms = 132;
    cudaOccFuncAttributes kernel;
    kernel.maxThreadsPerBlock = 1024;
    kernel.numBlockBarriers = 1;
    cudaOccDeviceState state;
    state.carveoutConfig = SHAREDMEM_CARVEOUT_MAX_SHARED;
    int threads;
    while (scanf("%d %d %zu", &threads, &kernel.numRegs, &kernel.sharedSizeBytes) == 3) {
      cudaOccResult result;
      const cudaOccError error =
          cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state, threads, 0);
      printf("%d\\n", error ? -1 : result.activeBlocksPerMultiprocessor);
    }
  }`;

describe("blocksOnSm", () => {
  it("is the calculator's for every mix of threads, registers and shared memory", {
    skip: NO_COMPILER,
  }, () => {
    const program = join(scratchFolder(), "oracle");
    execFileSync(cudaCompiler(), ["-x", "c++", cudaFile("oracle.cpp", ORACLE), "-o", program]);
    const kernels = THREADS.flatMap((threads) =>
      REGISTERS.flatMap((registers) => SHARED.map((shared) => ({ threads, registers, shared }))),
    );
    const input = kernels
      .map(({ threads, registers, shared }) => `${threads} ${registers} ${shared}`)
      .join("\n");
    const wanted = execFileSync(program, { input, encoding: "utf8" }).trim().split("\n").map(Number);
    assert.equal(wanted.length, kernels.length);
    const wrong = kernels.filter((kernel, place) => blocksOnSm(kernel) !== wanted[place]);
    assert.deepEqual(wrong.slice(0, 5), []);
  });

  it("is bound by threads, by blocks, by registers, by shared memory", () => {
    assert.equal(blocksOnSm({ threads: 256, registers: 32, shared: 0 }), 8);
    assert.equal(blocksOnSm({ threads: 32, registers: 16, shared: 0 }), 32);
    // 16384 / 2048 = 8 warps in each part.
    assert.equal(blocksOnSm({ threads: 256, registers: 64, shared: 0 }), 4);
    assert.equal(blocksOnSm({ threads: 64, registers: 16, shared: 48 * 1024 }), 4);
  });

  it("is 0 for a kernel that cannot start; without bounds it is judged by the largest block of all", () => {
    assert.equal(blocksOnSm({ threads: 1024, registers: 84, shared: 904 }), 0);
    assert.equal(blocksOnSm({ threads: null, registers: 84, shared: 904 }), 0);
    assert.equal(registersOfBlock({ threads: 1024, registers: 84, shared: 904 }), 88 * 1024);
  });
});
