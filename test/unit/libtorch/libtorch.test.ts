/** The search for libtorch, on folders that only look like one. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import { cachedRoot, cacheFolder } from "../../../lib/libtorch/cache.js";
import {
  findLibtorch,
  inspectLibtorch,
  minorVersion,
  searchLibtorch,
} from "../../../lib/libtorch/libtorch.js";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "vqat-libtorch-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function plant(root: string, version: string | null, cuda = false): string {
  mkdirSync(join(root, "lib"), { recursive: true });
  writeFileSync(join(root, "lib", "libtorch_cpu.so"), "");
  if (cuda) writeFileSync(join(root, "lib", "libtorch_cuda.so"), "");
  if (version !== null) {
    const [major, minor, patch] = version.split(".");
    mkdirSync(join(root, "include", "torch", "headeronly"), { recursive: true });
    const lines = [`MAJOR ${major}`, `MINOR ${minor}`, `PATCH ${patch}`].map(
      (line) => `#define TORCH_VERSION_${line}\n`,
    );
    writeFileSync(join(root, "include", "torch", "headeronly", "version.h"), lines.join(""));
  }
  return root;
}

/** Candidates under the test's own home: the machine may have a torch of its own. */
function here(env: Record<string, string>, wanted = "2.13.0") {
  return searchLibtorch(wanted, env).candidates.filter((candidate) => candidate.root.startsWith(home));
}

describe("searchLibtorch", () => {
  it("finds nothing where a folder should be and something else is", () => {
    for (const place of [join(".cache", "vqathinker"), join(".pyenv", "versions")]) {
      mkdirSync(join(home, place, ".."), { recursive: true });
      writeFileSync(join(home, place), "a file");
    }
    assert.deepEqual(here({ HOME: home }), []);
  });

  it("prefers VQAT_LIBTORCH to the cache and the cache to a Python torch, and lists all three", () => {
    const named = plant(join(home, "named"), "2.13.0");
    const env = { HOME: home, VQAT_LIBTORCH: named, VIRTUAL_ENV: join(home, "venv") };
    const cached = plant(cachedRoot("2.13.0", false, env), "2.13.0");
    const python = plant(join(home, "venv", "lib", "python3.11", "site-packages", "torch"), "2.13.1");
    assert.deepEqual(
      here(env).map(({ root, taken }) => [root, taken]),
      [
        [named, true],
        [cached, false],
        [python, false],
      ],
    );
    assert.equal(searchLibtorch("2.13.0", { ...env, VQAT_LIBTORCH: "" }).found?.root, cached);
  });

  it("takes a Python torch of the same minor version and rejects another minor, saying both versions", () => {
    const env = { HOME: home, VIRTUAL_ENV: join(home, "old"), CONDA_PREFIX: join(home, "new") };
    plant(join(home, "old", "lib", "python3.12", "site-packages", "torch"), "2.11.0");
    const fits = plant(join(home, "new", "lib", "python3.12", "site-packages", "torch"), "2.13.2");
    const [old, taken] = here(env);
    assert.equal(old?.taken, false);
    assert.match(old?.reason ?? "", /2\.11\.0.*2\.13/);
    assert.equal(taken?.root, fits);
    assert.equal(taken?.taken, true);
  });

  it("finds a VQAT_LIBTORCH of any version, because the user named it", () => {
    const named = plant(join(home, "named"), "2.11.0");
    assert.equal(searchLibtorch("2.13.0", { HOME: home, VQAT_LIBTORCH: named }).found?.version, "2.11.0");
  });

  it("never falls back when VQAT_LIBTORCH names no libtorch", () => {
    const env = { HOME: home, VQAT_LIBTORCH: join(home, "nothing") };
    plant(cachedRoot("2.13.0", false, env), "2.13.0");
    assert.throws(
      () => searchLibtorch("2.13.0", env),
      (error) =>
        error instanceof EngineError &&
        error.code === "E_NO_LIBTORCH" &&
        error.message.includes(join(home, "nothing")),
    );
  });

  it("puts a fetched CUDA build before a fetched CPU build", () => {
    const env = { HOME: home };
    plant(cachedRoot("2.13.0", false, env), "2.13.0");
    const cuda = plant(cachedRoot("2.13.0", true, env), "2.13.0", true);
    const { found } = searchLibtorch("2.13.0", env);
    assert.equal(found?.root, cuda);
    assert.equal(found?.cuda, true);
  });

  it("uses XDG_CACHE_HOME when it is set", () => {
    const env = { HOME: join(home, "elsewhere"), XDG_CACHE_HOME: join(home, "xdg") };
    const cached = plant(join(home, "xdg", "vqathinker", "libtorch-2.13.0"), "2.13.0");
    assert.equal(searchLibtorch("2.13.0", env).found?.root, cached);
  });

  it("ignores one that is relative, which would be another folder in every working directory", () => {
    for (const relative of ["cache", "./cache", "..", ""])
      assert.equal(cacheFolder({ HOME: home, XDG_CACHE_HOME: relative }), join(home, ".cache", "vqathinker"));
  });
});

describe("findLibtorch", () => {
  it("names the remedy and every rejected candidate when there is none", () => {
    const env = { HOME: home };
    // A minor version that no machine has.
    const cached = plant(cachedRoot("2.13.0", false, env), "2.13.0");
    assert.throws(
      () => findLibtorch("0.99.0", env),
      (error) =>
        error instanceof EngineError &&
        error.code === "E_NO_LIBTORCH" &&
        error.message.includes("npx vqathinker setup") &&
        error.message.includes(`${cached}: version 2.13.0, wanted 0.99`),
    );
  });
});

describe("inspectLibtorch", () => {
  it("knows no version without headers, and no libtorch without its library", () => {
    assert.equal(inspectLibtorch("cache", plant(join(home, "bare"), null))?.version, null);
    assert.equal(inspectLibtorch("cache", join(home, "empty")), null);
  });
});

it("minorVersion drops patch and local label", () => {
  assert.equal(minorVersion("2.13.0+cpu"), "2.13");
});
