/** Which addon is taken, on planted packages: what is looked at is files, so that no library is opened. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import { findAddon } from "../../../lib/native/find-addon.js";
import { describePlatform, type Platform, platformPackage } from "../../../lib/native/platform.js";

const LINUX: Platform = { system: "linux", cpu: "x64", libc: "glibc", libcVersion: "2.28" };
const PACKAGE = "@vqathinker/linux-x64";
const PREBUILT = join("prebuilds", `${process.platform}-${process.arch}`, "vqathinker.glibc.node");

let folder: string;
let root: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vqat-addon-"));
  root = join(folder, "node_modules", "vqathinker");
  write(join(root, "package.json"), JSON.stringify({ name: "vqathinker", version: "3.1.0" }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(file: string, text = ""): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** A platform package as npm installs it beside ours. */
function plantPackage(version: string): string {
  const place = join(folder, "node_modules", PACKAGE);
  write(join(place, "package.json"), JSON.stringify({ name: PACKAGE, version }));
  return write(join(place, PREBUILT));
}

function plantBuild(): string {
  return write(join(root, "build", "Release", "vqathinker.node"));
}

function refusal(platform: Platform = LINUX): EngineError {
  try {
    findAddon(root, platform);
  } catch (error) {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, "E_UNAVAILABLE");
    return error;
  }
  return assert.fail("expected a refusal");
}

describe("an installed package", () => {
  it("takes the addon of its platform's package", () => {
    const path = plantPackage("3.1.0");
    assert.deepEqual(findAddon(root, LINUX), { path, origin: "package", package: `${PACKAGE} 3.1.0` });
  });

  it("does not take a build that is of another version or that nobody vouches for", () => {
    const path = plantPackage("3.1.0");
    plantBuild();
    assert.equal(findAddon(root, LINUX).path, path);
    write(join(root, "build", "Release", "built.json"), JSON.stringify({ version: "3.0.9" }));
    assert.equal(findAddon(root, LINUX).path, path);
  });

  it("takes what `setup --build` left, also where its platform has no package", () => {
    plantPackage("3.1.0");
    const path = plantBuild();
    write(join(root, "build", "Release", "built.json"), JSON.stringify({ version: "3.1.0" }));
    for (const platform of [LINUX, { ...LINUX, cpu: "arm64" }])
      assert.deepEqual(findAddon(root, platform), { path, origin: "source build", package: null });
  });

  it("refuses a platform package of another version with the command that mends it", () => {
    plantPackage("3.0.9");
    const { message, details } = refusal();
    assert.match(message, /is version 3\.0\.9, expected 3\.1\.0.*npm install vqathinker@3\.1\.0$/);
    assert.equal(details["package"], PACKAGE);
  });

  it("says how to install the platform package that npm left out", () => {
    const { message } = refusal();
    for (const part of [
      "linux-x64 (glibc 2.28)",
      join(root, "build", "Release"),
      `npm install --include=optional ${PACKAGE}@3.1.0`,
      "--omit=optional",
      "npx vqathinker setup --build",
    ])
      assert.ok(message.includes(part), `${part} in: ${message}`);
  });

  it("says where to run on a platform that has no package", () => {
    const cases: [Platform, RegExp][] = [
      [
        { system: "darwin", cpu: "arm64", libc: null, libcVersion: null },
        /for darwin-arm64: .*Linux container/,
      ],
      [{ system: "win32", cpu: "x64", libc: null, libcVersion: null }, /for win32-x64: .*WSL 2/],
      [
        { ...LINUX, libc: "musl", libcVersion: "1.2.4" },
        /for linux-x64 \(musl 1\.2\.4\): .*container with glibc/,
      ],
      [{ ...LINUX, cpu: "arm64" }, /for linux-arm64 \(glibc 2\.28\): .*setup --build/],
    ];
    plantPackage("3.1.0");
    for (const [platform, expected] of cases) {
      const { message } = refusal(platform);
      assert.match(message, expected);
      assert.match(message, /no package has binaries for it/);
      assert.doesNotMatch(message, /npm install/);
    }
  });

  it("tells a broken package.json of the platform's package, and does not call it absent", () => {
    plantPackage("3.1.0");
    const file = join(folder, "node_modules", PACKAGE, "package.json");
    for (const text of ["", '{"name":"@vqathinker/linux-x64","vers', "[]", '{"version":3}']) {
      writeFileSync(file, text);
      const { message, details } = refusal();
      assert.ok(message.startsWith(`${file} is broken: expected JSON with a version; `), message);
      assert.doesNotMatch(message, /--omit=optional/);
      assert.equal(details["file"], file);
    }
  });

  it("tells a broken note of `setup --build`", () => {
    plantPackage("3.1.0");
    plantBuild();
    const note = write(join(root, "build", "Release", "built.json"), "{");
    assert.ok(refusal().message.startsWith(`${note} is broken`));
  });

  it("tells a platform package without its files", () => {
    rmSync(plantPackage("3.1.0"));
    assert.match(refusal().message, /holds no addon for this machine: no \*\.node/);
  });
});

describe("a source checkout", () => {
  beforeEach(() => write(join(root, "lib", "index.ts")));

  it("takes its own build before the package, and the package where it has none", () => {
    const packaged = plantPackage("3.1.0");
    assert.equal(findAddon(root, LINUX).path, packaged);
    const path = plantBuild();
    assert.deepEqual(findAddon(root, LINUX), { path, origin: "source build", package: null });
  });

  it("says how to build where there is neither", () => {
    assert.match(refusal().message, /run: npx vqathinker setup$/);
  });
});

describe("a platform", () => {
  it("has a package only where one is built for system, processor and C library", () => {
    assert.equal(platformPackage(LINUX), PACKAGE);
    assert.equal(platformPackage({ ...LINUX, libc: null }), null);
    assert.equal(platformPackage({ ...LINUX, cpu: "arm64" }), null);
    assert.equal(platformPackage({ ...LINUX, system: "android" }), null);
  });

  it("is described with what is known of it", () => {
    assert.equal(describePlatform(LINUX), "linux-x64 (glibc 2.28)");
    assert.equal(describePlatform({ ...LINUX, libc: null, libcVersion: null }), "linux-x64");
  });
});
