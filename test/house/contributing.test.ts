/** What CONTRIBUTING.md claims of the repository, where no other test of this folder holds it. */
import assert from "node:assert/strict";
import { dirname } from "node:path/posix";
import { describe, it } from "node:test";
import { readSource, sourceFiles } from "../helpers/sources.js";

const text = readSource("CONTRIBUTING.md");
const all = sourceFiles(/./);
const exists = (path: string) =>
  all.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, "")}/`));
const left = (paths: readonly string[], fits: (path: string) => boolean) =>
  assert.deepEqual(
    paths.filter((path) => !fits(path)),
    [],
  );

describe("CONTRIBUTING.md", () => {
  it("names scripts of package.json and files that exist", () => {
    const { scripts } = JSON.parse(readSource("package.json")) as { scripts: object };
    const named = [...text.matchAll(/`npm (?:run )?([\w:-]+)/g)].map(([, name]) => name ?? "");
    assert.ok(named.length > 5);
    // It says itself that this one must not be there.
    left(named, (name) => name in scripts !== (name === "build"));
    const paths = [...text.matchAll(/\b(?:lib|native|test|docs|scripts|dist)\/[\w./-]+/g)].map(
      ([path]) => path,
    );
    const written = paths.filter((path) => !/\b(ROOM|NAME)\b/.test(path) && path !== "dist/");
    left(written, (path) => exists(path.replace(/^dist\/(.*)\.js$/, "$1.ts")));
  });

  it("is right about names: kebab-case, snake_case, a first line that says what a file is", () => {
    left(sourceFiles(/^(lib|test|scripts|bench|examples)\/.*\.(ts|mjs)$/), (path) =>
      /^[a-z0-9./-]+$/.test(path),
    );
    left(sourceFiles(/^(native|test\/native)\/.*\.(h|cpp|cu|cuh)$/), (path) => /^[a-z0-9_./]+$/.test(path));
    const opening = /^(#![^\n]+\n)?\/\*\*/;
    left(sourceFiles(/^lib\/.*\.ts$/), (path) => opening.test(readSource(path)));
  });

  it("is right about sizes", () => {
    const files = sourceFiles(/^(lib|native|scripts|bench)\/.*\.(ts|mjs|h|cpp|cu|cuh)$/);
    const sizes = files.map((path) => readSource(path).split("\n").length - 1).sort((a, b) => a - b);
    assert.ok((sizes[sizes.length >> 1] ?? 0) < 100);
    assert.ok((sizes.at(-1) ?? 0) <= 350);
  });

  it("is right about where a test lies: it names the file or the folder that it tests", () => {
    left(sourceFiles(/^test\/unit\/.*\.test\.ts$/), (path) => {
      const name = path.replace(/^test\/unit\/(.*)\.test\.ts$/, "$1");
      const place = /^(scripts|bench)\//.test(name) ? name : `lib/${name}`;
      return ["", ".ts", ".mjs"].some((ending) => exists(place + ending));
    });
    const native = sourceFiles(/^native\//).flatMap((file) => [file.replace(/\.\w+$/, ""), dirname(file)]);
    left(sourceFiles(/^test\/native\/.*_test\.cpp$/), (path) => {
      const name = path.replace(/^test\/(native\/.*)_test\.cpp$/, "$1");
      return native.some((tested) => name === tested || name.startsWith(`${tested}_`));
    });
  });

  it("is right about twins: no fast kernel is without a plain one", () => {
    const fast = sourceFiles(/^native\/kernels\/(\w+)\/\1_(cpu\.cpp|cuda\.cu)$/);
    assert.ok(fast.length > 8);
    left(fast, (path) => exists(path.replace(/_(cpu\.cpp|cuda\.cu)$/, "_ref.cpp")));
  });

  it("is right about recipes: every recording is written by one", () => {
    const recipes = sourceFiles(/^test\/goldens\/recipes\//)
      .map(readSource)
      .join("\n");
    const recordings = sourceFiles(/^test\/goldens\/(?!recipes\/)/).map(
      (path) => path.split("/")[2]?.replace(/\.\w+$/, "") ?? "",
    );
    left([...new Set(recordings)], (name) => recipes.includes(name));
  });
});
