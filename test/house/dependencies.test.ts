/** What an install brings beside our own packages: few, and not much. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { packageRoot } from "../../lib/core/package-root.js";
import { readSource } from "../helpers/sources.js";

const MOST_PACKAGES = 25;
const MOST_BYTES = 45e6;

/** Packages of package-lock.json that production needs and that this machine's platform has, path → bytes. */
function runtimePackages(): Map<string, number> {
  const { packages } = JSON.parse(readSource("package-lock.json")) as {
    packages: Record<string, { dev?: boolean; link?: boolean }>;
  };
  const needed = Object.entries(packages)
    .filter(([path, { dev, link }]) => path.startsWith("node_modules/") && !dev && !link)
    .map(([path]) => path)
    .filter((path) => existsSync(join(packageRoot(), path)));
  return new Map(needed.map((path) => [path, bytesOf(join(packageRoot(), path))]));
}

/** Of its own files, not of packages inside it. */
function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .map((entry) => join(folder, entry.name))
    .reduce((sum, path) => sum + (statSync(path).isDirectory() ? bytesOf(path) : statSync(path).size), 0);
}

describe("runtime dependencies", () => {
  const found = runtimePackages();
  const listed = [...found].sort(([, a], [, b]) => b - a).map(([path, bytes]) => `${path}: ${bytes}`);

  it("are found in node_modules, sharp's platform package among them", () => {
    assert.ok(found.has("node_modules/sharp") && found.has("node_modules/zod"));
    assert.ok(listed.some((line) => /sharp-libvips/.test(line)));
  });

  it(`are ${MOST_PACKAGES} packages at most`, () => {
    assert.ok(found.size <= MOST_PACKAGES, `${found.size}:\n${listed.join("\n")}`);
  });

  it(`are ${MOST_BYTES / 1e6} MB at most`, () => {
    const bytes = [...found.values()].reduce((a, b) => a + b, 0);
    assert.ok(bytes <= MOST_BYTES, `${bytes} bytes:\n${listed.join("\n")}`);
  });
});
