/**
 * Imports and includes run downwards only, and each header family stays where it belongs. A new folder needs a
 * line in the tables here.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path/posix";
import { describe, it } from "node:test";
import { packageRoot } from "../../lib/core/package-root.js";
import { circleIn } from "../helpers/circles.js";
import { findings, importedBy, readSource, sourceFiles } from "../helpers/sources.js";

/** Floors of lib/ from the ground; rooms of one line do not know each other. */
const LIB = [
  ["core"],
  ["libtorch", "run-folder"],
  ["native"],
  ["data", "pickle", "rewards", "tokenizer", "video", "weights"],
  ["layout", "synthetic", "text", "torch-file"],
  ["adapter", "checkpoint"],
  ["inspection", "model", "random-checkpoint"],
  ["infer", "train"],
  ["eval", "grpo", "measures", "presets", "sft"],
  ["run"],
  ["trial"],
  ["ablation"],
  ["setup"],
  ["cli", "demo", "."],
];

/** Floors of native/ from the ground. loader stands alone. */
const NATIVE = [
  ["base"],
  ["kernels", "measures"],
  ["tensor"],
  ["dist"],
  ["model"],
  ["generate", "train"],
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

const BUILT = existsSync(join(packageRoot(), "build/compile_commands.json"));

/** For each floor that is built, what the compiler says of a text, with the include path of that floor's files. */
function* floorCompilers(): Generator<[folder: string, complaints: (text: string) => string]> {
  const commands = JSON.parse(readSource("build/compile_commands.json")) as {
    command: string;
    file: string;
  }[];
  const compiler = /^CMAKE_CXX_COMPILER:\w+=(.+)$/m.exec(readSource("build/CMakeCache.txt"))?.[1] ?? "c++";
  for (const folder of NATIVE.flat()) {
    const inside = join(packageRoot(), "native", folder, "/");
    const command = commands.find(({ file }) => file.startsWith(inside))?.command;
    if (command === undefined) continue;
    const paths = command.split(" ").filter((flag) => flag.startsWith("-I"));
    const args = ["-std=c++20", "-fsyntax-only", ...paths, "-x", "c++", "-"];
    yield [folder, (input) => spawnSync(compiler, args, { input, encoding: "utf8" }).stderr];
  }
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
      const target = /#include "([\w.]+)\//.exec(line)?.[1];
      if (target === undefined || target === folderOf(path) || folderOf(path) === "cuda") return null;
      const [own, other] = [floorOf(NATIVE, folderOf(path)), floorOf(NATIVE, target)];
      return other < 0 || other >= own ? line.trim() : null;
    });
    assert.deepEqual(upward, []);
  });

  it("does not compile with an upward include", { skip: BUILT ? false : "needs the build folder" }, () => {
    for (const [folder, complaints] of floorCompilers()) {
      const above = NATIVE.slice(floorOf(NATIVE, folder))
        .flat()
        .filter((other) => other !== folder);
      const headers = files.filter((path) => above.includes(folderOf(path)) && path.endsWith(".h"));
      const visible = headers
        .map((path) => path.slice("native/".length))
        .map((path) => `#if __has_include("${path}")\n#error ${folder} sees ${path}\n#endif\n`);
      assert.equal(complaints(`#include "base/error.h"\n${visible.join("")}`), "");
      const first = headers[0]?.slice("native/".length) ?? "nothing above";
      assert.notEqual(complaints(`#include "${first}"\n`), "", `${folder} includes ${first}`);
    }
  });

  it("sees libtorch only between tensor and train", () => {
    assert.deepEqual(outside(["tensor", "model", "generate", "train", "dist", "cuda"], TORCH), []);
  });

  it("calls kernels from tensor/ops alone", () => {
    const callers = findings(files, (line, path) =>
      /#include "kernels\//.test(line) && !/^native\/(kernels|tensor\/ops)\//.test(path) ? line.trim() : null,
    );
    // The door to the CUDA library hands its table on.
    assert.deepEqual(
      callers.filter((found) => !/^native\/tensor\/device\.(h|cpp):/.test(found)),
      [],
    );
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
