/**
 * The package has every declaration that a public name reaches, and every module that the command line or a public name runs:
 * some rooms are left out of it by pattern.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../lib/core/package-root.js";

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly bin: { readonly vqathinker: string };
}
interface Pack {
  readonly files: readonly { readonly path: string }[];
}

/** Files of this ending that these reach, themselves among them, by the paths of the package. */
function reached(entries: readonly string[], ending: ".d.ts" | ".js"): Set<string> {
  const found = new Set<string>();
  const todo = [...entries];
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const text = readFileSync(join(packageRoot(), file), "utf8");
    for (const [, path = ""] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)\.js"/g))
      todo.push(join(dirname(file), path + ending));
  }
  return found;
}

const manifest = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as Manifest;

function packedFiles(): Set<string> {
  const said = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: packageRoot(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ files }] = JSON.parse(said) as [Pack];
  return new Set(files.map(({ path }) => path));
}

/** @param entries  paths of the package, with a dot before. */
function allPacked(entries: readonly string[], ending: ".d.ts" | ".js", atLeast: number): void {
  const here = entries.map((path) => relative(packageRoot(), join(packageRoot(), path)));
  const all = reached(here, ending);
  assert.ok(all.size > atLeast && [...all].every((file) => existsSync(join(packageRoot(), file))));
  const packed = packedFiles();
  assert.deepEqual(
    [...all].filter((file) => !packed.has(file)),
    [],
  );
}

const exported = Object.values(manifest.exports).flatMap((one) => (typeof one === "string" ? [] : [one]));

test("every declaration that a public name reaches is packed", () => {
  assert.equal(exported.length, 2);
  allPacked(
    exported.map(({ types }) => types),
    ".d.ts",
    50,
  );
});

test("every module that the command line or a public name runs is packed", () => {
  allPacked([...exported.map((one) => one.default), manifest.bin.vqathinker], ".js", 200);
});
