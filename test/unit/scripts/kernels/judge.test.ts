/** Each thing that is complained of, in kernels that the compiler takes. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { factsOf, type KernelFacts } from "../../../../scripts/kernels/facts.js";
import { judge } from "../../../../scripts/kernels/judge.js";
import { cudaFile, NO_COMPILER, wideKernel } from "../../../helpers/cuda-files.js";

const SOUND: KernelFacts = {
  operation: "rope",
  kernel: "rotate<float>",
  architecture: "sm_80",
  threads: 256,
  registers: 32,
  stack: 0,
  spillStores: 0,
  spillLoads: 0,
  shared: 0,
  divisions: [],
};

describe("judge", () => {
  const said = (change: Partial<KernelFacts>, spilling = {}) => judge([{ ...SOUND, ...change }], spilling);

  it("says nothing of a sound kernel, up to each limit", () => {
    assert.deepEqual(said({}), []);
    assert.deepEqual(said({ threads: 1024, registers: 64, shared: 49_152 }), []);
    assert.deepEqual(said({ spillStores: 96, spillLoads: 128 }, { "rope rotate<float>": "why" }), []);
  });

  it("complains beyond each limit", () => {
    const start = "rope rotate<float>, sm_80: ";
    assert.deepEqual(said({ threads: 1024, registers: 65 }), [
      `${start}cannot start: 1024 threads of 65 registers take 73728 of the 65536 that a block may have`,
    ]);
    assert.deepEqual(said({ threads: 2048, registers: 16 }), [
      `${start}a block of 2048 threads, a card takes 1024`,
    ]);
    assert.deepEqual(said({ shared: 49_153 }), [
      `${start}49153 bytes of shared memory, a block may have 49152`,
    ]);
    assert.deepEqual(said({ spillLoads: 4 }), [`${start}spills 4 bytes a thread, at most 0 are expected`]);
    assert.deepEqual(said({ spillStores: 132 }, { "rope rotate<float>": "why" }), [
      `${start}spills 132 bytes a thread, at most 128 are expected`,
    ]);
  });

  it("complains of a listed kernel that does not spill, and of one that is not there", () => {
    const text = ": listed as a kernel that spills, but there is none of this name that does";
    assert.deepEqual(said({}, { "rope rotate<float>": "why", "rope gone": "why" }), [
      `rope rotate<float>${text}`,
      `rope gone${text}`,
    ]);
  });
});

describe("judge, of compiled kernels", { skip: NO_COMPILER }, () => {
  let complaints: string[];
  const of = (kernel: string) => complaints.filter((text) => text.startsWith(`planted ${kernel},`));

  before(async () => {
    const text = `
      ${wideKernel("unbounded", 100)}
      ${wideKernel("spilling", 100, "__launch_bounds__(1024)")}
      ${wideKernel("sound", 100, "__launch_bounds__(256)")}
      __global__ void __launch_bounds__(256) dividing(long long* x) { x[0] = x[1] / x[2]; }`;
    complaints = judge(await factsOf([cudaFile("planted_cuda.cu", text)]), {});
  });

  it("complains of 1024 threads that need more registers than a block has, and of bounds that are missing", () => {
    for (const [place, architecture] of ["sm_80", "sm_90"].entries()) {
      const [bounds, start] = of("unbounded").slice(2 * place);
      assert.equal(bounds, `planted unbounded, ${architecture}: has no __launch_bounds__`);
      assert.match(start ?? "", /: cannot start: 1024 threads of \d{3} registers take \d{6} of the 65536/);
    }
  });

  it("complains of spills", () => {
    assert.equal(of("spilling").length, 2);
    for (const text of of("spilling")) assert.match(text, /: spills \d{3,} bytes a thread, at most 0/);
  });

  it("complains of 64-bit division", () => {
    assert.deepEqual(
      of("dividing"),
      ["sm_80", "sm_90"].map(
        (architecture) =>
          `planted dividing, ${architecture}: calls __cuda_sm20_div_s64: 64-bit division in machine code`,
      ),
    );
  });

  it("complains of nothing else", () => {
    assert.equal(complaints.length, 8);
  });
});
