/** The package and its platform packages: one version, and nobody carries what another needs. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIBTORCH_VERSION, minorVersion } from "../../lib/libtorch/libtorch.js";
import { platformPackage } from "../../lib/native/platform.js";
import { readSource, sourceFiles } from "../helpers/sources.js";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly files: string[];
  readonly engines: object;
  readonly scripts?: object;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly os?: string[];
  readonly cpu?: string[];
  readonly libc?: string[];
  readonly libtorch?: string;
}

const read = (path: string) => JSON.parse(readSource(path)) as Manifest;
const main = read("package.json");
const platforms = sourceFiles(/^packages\/[^/]+\/package\.json$/).map((path) => [path, read(path)] as const);

describe("platform packages", () => {
  it("are optional dependencies in exactly the version of the main package", () => {
    assert.ok(platforms.length > 0);
    const expected = platforms.map(([, { name }]) => [name, main.version]);
    assert.deepEqual(main.optionalDependencies, Object.fromEntries(expected));
    for (const [path, { version }] of platforms) assert.equal(version, main.version, path);
  });

  it("name the one machine they are for, as the package looks for them", () => {
    for (const [path, { name, os, cpu, libc }] of platforms) {
      const [system = "", processor = "", library = ""] = [os, cpu, libc].map((list) => list?.[0]);
      assert.equal(platformPackage({ system, cpu: processor, libc: library, libcVersion: null }), name);
      assert.equal(path, `packages/${system}-${processor}/package.json`);
      assert.deepEqual([os?.length, cpu?.length, libc?.length], [1, 1, 1]);
    }
  });

  it("say which libtorch they serve, and have scripts and dependencies of no kind", () => {
    for (const [path, one] of platforms) {
      assert.equal(one.libtorch, minorVersion(LIBTORCH_VERSION));
      assert.deepEqual(
        [one.scripts, one.dependencies, one.optionalDependencies],
        [undefined, undefined, undefined],
      );
      assert.deepEqual([one.license, one.engines], [main.license, main.engines]);
      const folder = path.replace(/package\.json$/, "");
      assert.equal(readSource(`${folder}LICENSE`), readSource("LICENSE"));
      assert.match(readSource(`${folder}README.md`), new RegExp(`libtorch ${one.libtorch}\\b`));
    }
  });
});

describe("the main package", () => {
  it("holds no binaries", () => {
    assert.deepEqual(
      main.files.filter((name) => /prebuild|packages|^build/.test(name)),
      [],
    );
  });

  it("has build tools only for those who build", () => {
    for (const name of ["cmake-js", "node-addon-api", "node-api-headers", "prebuildify"]) {
      assert.ok(!(name in (main.dependencies ?? {})), name);
      assert.ok(name in (main.devDependencies ?? {}), name);
    }
  });
});
