/** Figures of kernels that are made so that their figures are known. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { factsOf, type KernelFacts } from "../../../../scripts/kernels/facts.js";
import { cudaFile, NO_COMPILER, wideKernel } from "../../../helpers/cuda-files.js";

const TEXT = `
  #include <cstdint>
  namespace vqat::kernels {
  namespace {
  struct bfloat16 { uint16_t bits; };
  template <class T, int N>
  __global__ void __launch_bounds__(N) twice(T* x) { x[threadIdx.x] = x[threadIdx.x + N]; }
  template __global__ void twice<float, 96>(float*);
  template __global__ void twice<bfloat16, 32>(bfloat16*);
  __global__ void __launch_bounds__(64) quotients(int64_t* x, uint64_t* y, int* z) {
    x[0] = x[1] / x[2];
    y[0] = y[1] % y[2];
    z[0] = z[1] / z[2];
  }
  __global__ void __launch_bounds__(128) turned(float* x) {
    __shared__ float seen[128];
    seen[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = seen[127 - threadIdx.x];
  }
  __global__ void free_size(float* x) { x[threadIdx.x] = 0; }
  }}
  ${wideKernel("wide", 100, "__launch_bounds__(256)")}
  ${wideKernel("squeezed", 100, "__launch_bounds__(1024)")}`;

describe("factsOf", { skip: NO_COMPILER }, () => {
  let facts: KernelFacts[];
  const of = (kernel: string) => facts.filter((one) => one.kernel === kernel);
  const each = <V>(kernel: string, figure: (facts: KernelFacts) => V) => of(kernel).map(figure);

  before(async () => {
    facts = await factsOf([cudaFile("known_cuda.cu", TEXT)]);
  });

  it("finds every kernel once for each architecture, under the name that the file gives it", () => {
    const names = [
      "free_size",
      "quotients",
      "squeezed",
      "turned",
      "twice<bfloat16, 32>",
      "twice<float, 96>",
      "wide",
    ];
    assert.deepEqual(
      facts.map(({ kernel, architecture }) => `${kernel} ${architecture}`),
      ["sm_80", "sm_90"].flatMap((architecture) => names.map((name) => `${name} ${architecture}`)),
    );
    assert.deepEqual(new Set(facts.map(({ operation }) => operation)), new Set(["known"]));
  });

  it("reads the bounds", () => {
    assert.deepEqual(
      ["twice<float, 96>", "twice<bfloat16, 32>", "turned"].flatMap((name) =>
        each(name, ({ threads }) => threads),
      ),
      [96, 96, 32, 32, 128, 128],
    );
    assert.deepEqual(
      each("free_size", ({ threads }) => threads),
      [null, null],
    );
  });

  it("reads registers: a kernel that holds 100 numbers needs more, one with a block of 1024 has 64", () => {
    for (const registers of each("wide", (one) => one.registers))
      assert.ok(registers > 100 && registers < 256);
    assert.deepEqual(
      each("squeezed", ({ registers }) => registers),
      [64, 64],
    );
  });

  it("reads spills and the stack that holds them", () => {
    assert.deepEqual(
      each("wide", ({ spillStores, stack }) => spillStores + stack),
      [0, 0],
    );
    for (const { spillStores, spillLoads, stack } of of("squeezed"))
      assert.ok(
        spillStores >= 144 && spillLoads >= 144 && stack >= 144,
        "36 numbers and more have no register",
      );
  });

  it("reads shared memory", () => {
    assert.deepEqual(
      each("turned", ({ shared }) => shared),
      [512, 512],
    );
    assert.deepEqual(
      each("wide", ({ shared }) => shared),
      [0, 0],
    );
  });

  it("finds the routines of 64-bit division, signed and unsigned, in the kernel that calls them", () => {
    const called = ["__cuda_sm20_div_s64", "__cuda_sm20_rem_u64"];
    assert.deepEqual(
      each("quotients", ({ divisions }) => [...divisions].sort()),
      [called, called],
    );
    assert.deepEqual(
      facts.filter((one) => one.kernel !== "quotients").flatMap((one) => one.divisions),
      [],
    );
  });

  it("rejects with the compiler's words what does not compile, too much shared memory among it", async () => {
    const large = `__global__ void large(float* x) {
      __shared__ float seen[12289];
      seen[threadIdx.x] = x[threadIdx.x];
      __syncthreads();
      x[0] = seen[1];
    }`;
    await assert.rejects(factsOf([cudaFile("large.cu", large)]), /too much shared data/);
    await assert.rejects(factsOf([cudaFile("none.cu", "int unused;")]), /made no kernel/);
  });
});
