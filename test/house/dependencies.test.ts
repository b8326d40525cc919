/** What an install brings beside our own packages: few, and not much. */
import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { packageRoot } from "../../lib/core/package-root.js";
import { runtimePackages } from "../../scripts/release/runtime-packages.js";

const MOST_PACKAGES = 25;
const MOST_BYTES = 45e6;

/** Of its own files, not of packages inside it. */
function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .map((entry) => join(folder, entry.name))
    .reduce((sum, path) => sum + (statSync(path).isDirectory() ? bytesOf(path) : statSync(path).size), 0);
}

describe("runtime dependencies", () => {
  const found = runtimePackages(packageRoot()).flatMap(({ name, folder }) =>
    folder === null ? [] : [{ name, bytes: bytesOf(folder) }],
  );
  const listed = found.toSorted((a, b) => b.bytes - a.bytes).map(({ name, bytes }) => `${name}: ${bytes}`);

  it("are found in node_modules, sharp's platform package among them", () => {
    for (const name of [/^sharp$/, /^zod$/, /^@img.sharp-libvips-/])
      assert.ok(
        found.some((one) => name.test(one.name)),
        `${name}`,
      );
  });

  it(`are ${MOST_PACKAGES} packages at most`, () => {
    assert.ok(found.length <= MOST_PACKAGES, `${found.length}:\n${listed.join("\n")}`);
  });

  it(`are ${MOST_BYTES / 1e6} MB at most`, () => {
    const bytes = found.reduce((sum, one) => sum + one.bytes, 0);
    assert.ok(bytes <= MOST_BYTES, `${bytes} bytes:\n${listed.join("\n")}`);
  });
});
