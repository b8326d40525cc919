import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { cudaCompiler } from "../../../../scripts/kernels/compile.js";
import { packedCode } from "../../../../scripts/kernels/fat-binary.js";
import { cudaFile, NO_COMPILER } from "../../../helpers/cuda-files.js";
import { scratchFolder } from "../../../helpers/video-files.js";

function compiled(...codes: string[]): Buffer {
  const out = join(scratchFolder(), "object.o");
  const file = cudaFile(
    "one.cu",
    "__global__ void __launch_bounds__(32) one(float* x) { x[threadIdx.x] = 1; }",
  );
  execFileSync(cudaCompiler(), [...codes.flatMap((code) => ["-gencode", code]), "-c", file, "-o", out]);
  return readFileSync(out);
}

describe("packedCode", () => {
  it("names machine code and PTX for each architecture", { skip: NO_COMPILER }, () => {
    const both = compiled("arch=compute_80,code=sm_80", "arch=compute_90,code=[compute_90,sm_90]");
    assert.deepEqual(
      packedCode(both).map((names) => names.sort()),
      [["compute_90", "sm_80", "sm_90"]],
    );
    assert.deepEqual(packedCode(compiled("arch=compute_90,code=sm_90")), [["sm_90"]]);
  });

  it("finds nothing where there is no CUDA code", () => {
    assert.deepEqual(packedCode(Buffer.from("a library without kernels")), []);
  });
});
