/**
 * Imports and includes run downwards only, and each header family stays where it belongs. A new folder needs a
 * line in the tables here.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { circleIn } from "../helpers/circles.js";
import { findings, importedBy, readSource, sourceFiles } from "../helpers/sources.js";

/** Floors of lib/ from the ground; rooms of one line do not know each other. */
const LIB = [
  ["core"],
  ["libtorch", "run-folder"],
  ["native"],
  ["data", "pickle", "rewards", "tokenizer", "video", "weights"],
  ["layout", "synthetic", "text", "torch-file"],
  ["checkpoint"],
  ["inspection", "model", "random-checkpoint"],
  ["infer", "train"],
  ["eval", "grpo"],
  ["run"],
  ["cli", "demo", "."],
];

/** Floors of native/ from the ground. loader stands alone. */
const NATIVE = [
  ["base"],
  ["kernels"],
  ["tensor"],
  ["model"],
  ["generate", "train", "dist"],
  ["engine"],
  ["addon"],
];

const TORCH = /#include <(torch|ATen|c10|caffe2)\//;
const NODE_API = /#include <(napi|node_api|js_native_api)/;
const CUDA = /#include <(cuda|cub|cutlass)/;

function floorOf(floors: readonly (readonly string[])[], folder: string): number {
  return floors.findIndex((names) => names.includes(folder));
}

/** The room of lib/ or native/ that a path lies in; "." for a file directly inside. */
function folderOf(path: string): string {
  const parts = path.split("/");
  return parts.length > 2 ? (parts[1] ?? ".") : ".";
}

describe("lib", () => {
  const files = sourceFiles(/^lib\/.*\.ts$/);

  it("has no folder without a floor", () => {
    const folders = new Set(files.map(folderOf));
    assert.deepEqual(
      [...folders].filter((folder) => floorOf(LIB, folder) < 0),
      [],
    );
  });

  it("imports downwards only", () => {
    const upward = findings(files, (line, path) => {
      const target = importedBy(line, path);
      if (target === null) return null;
      const [own, other] = [folderOf(path), folderOf(target)];
      return own === other || floorOf(LIB, other) < floorOf(LIB, own) ? null : `imports ${other}/`;
    });
    assert.deepEqual(upward, []);
  });

  it("has no circle of files", () => {
    const graph = new Map(
      files.map((path) => [
        path,
        readSource(path)
          .split("\n")
          .flatMap((line) => importedBy(line, path) ?? []),
      ]),
    );
    assert.ok([...graph.values()].flat().length > files.length, "imports are found");
    assert.equal(circleIn(graph), null);
  });

  it("would find one", () => {
    const graph = new Map([
      ["a", ["b", "c"]],
      ["b", []],
      ["c", ["d"]],
      ["d", ["c"]],
    ]);
    assert.deepEqual(circleIn(graph), ["c", "d", "c"]);
  });
});

describe("native", () => {
  const files = sourceFiles(/^native\/.*\.(h|cpp|cu|cuh)$/);
  const outside = (allowed: readonly string[], header: RegExp): string[] =>
    findings(files, (line, path) =>
      header.test(line) && !allowed.includes(folderOf(path)) ? line.trim() : null,
    );

  it("includes downwards only", () => {
    const upward = findings(files, (line, path) => {
      const target = /#include "(\w+)\//.exec(line)?.[1];
      if (target === undefined || folderOf(path) === "cuda") return null;
      const [own, other] = [floorOf(NATIVE, folderOf(path)), floorOf(NATIVE, target)];
      return other < 0 || other > own || (other === own && target !== folderOf(path)) ? line.trim() : null;
    });
    assert.deepEqual(upward, []);
  });

  it("sees libtorch only between tensor and dist", () => {
    assert.deepEqual(outside(["tensor", "model", "generate", "train", "dist", "cuda"], TORCH), []);
  });

  it("sees Node-API only in the addon and the loader", () => {
    assert.deepEqual(outside(["addon", "loader"], NODE_API), []);
  });

  it("sees CUDA only in .cu and .cuh files and native/cuda", () => {
    const found = findings(files, (line, path) =>
      CUDA.test(line) && !/\.cuh?$/.test(path) && folderOf(path) !== "cuda" ? line.trim() : null,
    );
    assert.deepEqual(found, []);
  });

  it("is built whole: CMakeLists.txt names every source and every C++ test", () => {
    const lists = readSource("CMakeLists.txt");
    const sources = sourceFiles(/^(native|test\/native)\/.*\.(cpp|cu)$/);
    assert.deepEqual(
      sources.filter((path) => !lists.includes(path)),
      [],
    );
  });
});

describe("TypeScript and scripts", () => {
  it("have named exports only", () => {
    const files = sourceFiles(/^(lib|test|scripts|examples|bench)\/.*\.(ts|mjs)$/);
    assert.deepEqual(
      findings(files, (line) => (/^export default\b/.test(line) ? line : null)),
      [],
    );
  });
});
