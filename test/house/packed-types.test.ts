/** The package has every declaration that a public name reaches: some rooms' are left out of it by pattern. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../lib/core/package-root.js";

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
}
interface Pack {
  readonly files: readonly { readonly path: string }[];
}

/** Declarations that these reach, themselves among them, by the paths of the package. */
function reached(entries: readonly string[]): Set<string> {
  const found = new Set<string>();
  const todo = [...entries];
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const text = readFileSync(join(packageRoot(), file), "utf8");
    for (const [, path = ""] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)\.js"/g))
      todo.push(join(dirname(file), `${path}.d.ts`));
  }
  return found;
}

test("every declaration that a public name reaches is packed", () => {
  const { exports } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as Manifest;
  const entries = Object.values(exports).flatMap((one) =>
    typeof one === "string" ? [] : [relative(packageRoot(), join(packageRoot(), one.types))],
  );
  assert.equal(entries.length, 2);
  const said = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: packageRoot(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ files }] = JSON.parse(said) as [Pack];
  const packed = new Set(files.map(({ path }) => path));
  const all = reached(entries);
  assert.ok(all.size > 50 && [...all].every((file) => existsSync(join(packageRoot(), file))));
  assert.deepEqual(
    [...all].filter((file) => !packed.has(file)),
    [],
  );
});
