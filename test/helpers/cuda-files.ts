/** CUDA files that a test makes, and whether there is a compiler for them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compilerVersion, cudaCompiler } from "../../scripts/kernels/compile.js";
import { scratchFolder } from "./video-files.js";

/** What a test that compiles CUDA has as its `skip`. */
export const NO_COMPILER =
  compilerVersion() === null && `no CUDA compiler here (looked for '${cudaCompiler()}'; CUDACXX names one)`;

export function cudaFile(name: string, text: string): string {
  const file = join(scratchFolder(), name);
  writeFileSync(file, text);
  return file;
}

/** A kernel that holds `count` numbers at a time in each thread, and so needs as many registers. */
export function wideKernel(name: string, count: number, bounds = ""): string {
  return `
    __global__ void ${bounds} ${name}(float* x) {
      float held[${count}];
      #pragma unroll
      for (int i = 0; i < ${count}; ++i) held[i] = x[i * 4096 + threadIdx.x];
      for (int round = 0; round < 64; ++round) {
        #pragma unroll
        for (int i = 0; i < ${count}; ++i) held[i] = held[i] * held[(i + 7) % ${count}] + held[(i * 5 + 1) % ${count}];
      }
      #pragma unroll
      for (int i = 0; i < ${count}; ++i) x[i * 4096 + threadIdx.x] = held[i];
    }`;
}
