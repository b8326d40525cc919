/** What every CUDA kernel of the tree must be, by its text and by what the compiler says of it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { packageRoot } from "../../lib/core/package-root.js";
import { compilerVersion } from "../../scripts/kernels/compile.js";
import { cudaFiles, factsOf, type KernelFacts } from "../../scripts/kernels/facts.js";
import { packedCode } from "../../scripts/kernels/fat-binary.js";
import { judge, MOST_SPILLED, SPILLING } from "../../scripts/kernels/judge.js";
import { factsTable, versionOfTable, withTable } from "../../scripts/kernels/table.js";
import { NO_COMPILER } from "../helpers/cuda-files.js";
import { findings, readSource, sourceFiles } from "../helpers/sources.js";

const CUDA = sourceFiles(/^native\/.*\.cuh?$/);
const START = "native/kernels/cuda/start.cuh";

/** Kernels of a text without bounds, as the words after `__global__`. */
const unbounded = (text: string) =>
  [...text.matchAll(/__global__\s+(?!void\s+__launch_bounds__\()[^{;]*/g)].map(([found]) => found.trim());

/** The parts between the commas of a call that begins at `open`, commas within brackets left alone. */
function partsOfCall(text: string, open: number): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of text.slice(open)) {
    if ("([{<".includes(letter) && ++depth === 1) continue;
    if (")]}>".includes(letter) && --depth === 0) break;
    if (letter === "," && depth === 1) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}

/** Threads of a block as a text: "dim3(kWarp, 8)" and "kWarp* 8" are one. */
const threadsOf = (text: string) =>
  text
    .replace(/^dim3\((.*)\)$/, "$1")
    .replace(/,/g, "*")
    .replace(/\s/g, "");

/** Blocks that no text names: the product of three axes, and what bounds it. */
const COMPUTED: Readonly<Record<string, string>> = {
  rope: "x · y · z threads with z ≤ kThreads / (x · y)",
};

/** Launches whose block is not what the bounds of all their kernels name: a card refuses one that is larger. */
function unboundedLaunches(text: string): string[] {
  const bounds = new Map(
    [...text.matchAll(/__launch_bounds__(\(.*?\))\s+(\w+)\(/gs)].map(([found, threads, name]) => [
      name ?? "",
      threadsOf(partsOfCall(threads ?? "", 0)[0] ?? found),
    ]),
  );
  return [...text.matchAll(/\blaunch\("([^"]*)",/g)].flatMap(({ index, 0: head, 1: name = "" }) => {
    const [kernel = "", , block = ""] = partsOfCall(`(${text.slice(index + head.length)}`, 0);
    if (name in COMPUTED) return [];
    // "wide ? a<T, true> : a<T, false>" may start either; "a_for(args)" chooses among instances of a.
    const named = [...kernel.replace(/_for\(/g, "<(").matchAll(/\b(\w+)\s*(?=<)|^(\w+)$/g)];
    const kernels = named.map(([, instance, plain]) => instance ?? plain ?? "");
    const wrong = kernels.filter((one) => bounds.get(one) !== threadsOf(block));
    return wrong.length === 0 && kernels.length > 0
      ? []
      : [`"${name}": a block of ${block}, bounds of ${kernels.map((one) => bounds.get(one))}`];
  });
}

describe("the text of kernels", () => {
  it("bounds every block with __launch_bounds__", () => {
    const all = CUDA.map(readSource).join("\n");
    assert.ok((all.match(/__global__/g)?.length ?? 0) > 10);
    assert.deepEqual(unbounded(all), []);
  });

  it("would find a kernel without", () => {
    const text =
      "__global__ void __launch_bounds__(32) a() {}\ntemplate <class T>\n__global__ void b(T* x) {}";
    assert.deepEqual(unbounded(text), ["__global__ void b(T* x)"]);
  });

  it("starts every kernel with the block that its bounds name", () => {
    const folders = [...new Set(CUDA.map(dirname))].filter((folder) => folder !== dirname(START));
    const texts = folders.map((folder) =>
      CUDA.filter((path) => dirname(path) === folder)
        .map(readSource)
        .join("\n"),
    );
    assert.ok((texts.join("").match(/\blaunch\("/g)?.length ?? 0) > 10);
    assert.deepEqual(texts.flatMap(unboundedLaunches), []);
  });

  it("would find a larger one", () => {
    const text = `__global__ void __launch_bounds__(kRows* kWarp) a(int x) {}
      void __launch_bounds__(kThreads, 2)
          b(int x) {}
      launch("a", a<T>, dim3(1, 2), dim3(kRows, kWarp), stream, args);
      launch("b", b<T, f(2, 3)>, grid, 2 * kThreads, stream, args);
      launch("c", wide ? b<T> : b<T, 1>, grid_of("c, d", 1, 2), kThreads, stream);
      launch("d", wide ? b<T> : a<T>, grid, kThreads, stream);
      launch("e", a_for(args), grid, kThreads, stream);
      launch("f", unknown, grid, kThreads, stream);`;
    assert.deepEqual(unboundedLaunches(text), [
      '"b": a block of 2 * kThreads, bounds of kThreads',
      '"d": a block of kThreads, bounds of kThreads,kRows*kWarp',
      '"e": a block of kThreads, bounds of kRows*kWarp',
      '"f": a block of kThreads, bounds of ',
    ]);
  });

  it("starts kernels in one place", () => {
    const launches = findings(sourceFiles(/^native\/.*\.(cuh?|h|cpp)$/), (line) =>
      line.includes("<<<") ? "<<<" : null,
    );
    assert.equal(launches.length, 1);
    assert.match(launches[0] ?? "", new RegExp(`^${START}:`));
  });

  it("is compiled whole: what nvcc is asked about is what CMakeLists.txt builds", () => {
    const listed = /set\(VQAT_CUDA_SOURCES([^)]*)\)/
      .exec(readSource("CMakeLists.txt"))?.[1]
      ?.trim()
      .split(/\s+/);
    assert.deepEqual(
      cudaFiles(),
      listed?.map((path) => join(packageRoot(), path)),
    );
  });
});

describe("compiled kernels", { skip: NO_COMPILER }, () => {
  let facts: KernelFacts[];
  before(async () => {
    facts = await factsOf(cudaFiles());
  });

  it("are all there, for both architectures", () => {
    const written =
      CUDA.map(readSource)
        .join("\n")
        .match(/__global__/g)?.length ?? 0;
    const names = (architecture: string) =>
      facts
        .filter((one) => one.architecture === architecture)
        .map(({ operation, kernel }) => `${operation} ${kernel}`);
    assert.deepEqual(names("sm_80"), names("sm_90"));
    const bare = new Set(names("sm_80").map((name) => name.replace(/<.*/, "")));
    assert.ok(bare.size >= written, `${written} are written, ${bare.size} compiled`);
  });

  it("can start at their largest block, keep their registers, and divide no 64-bit numbers", () => {
    assert.deepEqual(judge(facts, SPILLING), []);
  });

  it(`may spill up to ${MOST_SPILLED} bytes only where a reason is given`, () => {
    for (const [name, reason] of Object.entries(SPILLING)) assert.ok(reason.length > 20, name);
  });

  it("have in docs/kernels.md the figures that they have", (t) => {
    const document = readSource("docs/kernels.md");
    const version = compilerVersion() ?? "";
    const made = versionOfTable(document);
    if (made !== version) return t.skip(`the table was made with nvcc ${made}, here is ${version}`);
    assert.equal(document, withTable(document, factsTable(facts, version)), "run: npm run kernels:facts");
  });
});

const LIBRARY = join(packageRoot(), "build", "Release", "vqathinker_cuda.so");

describe("the built CUDA library", { skip: !existsSync(LIBRARY) && "this build has none" }, () => {
  it("holds of every file machine code for sm_80 and sm_90, and PTX for cards to come", () => {
    const packs = packedCode(readFileSync(LIBRARY));
    assert.equal(packs.length, cudaFiles().length);
    for (const names of packs)
      for (const wanted of ["sm_80", "sm_90", "compute_90"]) assert.ok(names.includes(wanted), names.join());
  });
});
