/** `npm run prebuild` into a folder of its own, and the result as an installed package would use it. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it, test } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";
import { minorVersion } from "../../../lib/libtorch/libtorch.js";
import { type Architectures, architecturesOf } from "../../../lib/native/architectures.js";
import { CALLS } from "../../../lib/native/binding.js";
import { addonPath, openLoader } from "../../../lib/native/loader.js";
import { NO_COMPILER } from "../../helpers/cuda-files.js";
import { demandsOf, newerThan, offeredBy } from "../../helpers/elf.js";

/** What every library of C++ needs on x86-64. */
const SYSTEM = ["libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libstdc++.so.6"];
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  "vqathinker_loader.so": [],
  "vqathinker.glibc.node": [
    "ld-linux-x86-64.so.2",
    "libc10.so",
    "libgomp.so.1",
    "libm.so.6",
    "libtorch_cpu.so",
  ],
  "vqathinker_cuda.so": ["ld-linux-x86-64.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1"],
};
const FLOOR = [
  ["GLIBC", "2.28"],
  ["GLIBCXX", "3.4.25"],
  ["CXXABI", "1.3.11"],
] as const;

const LOAD = new URL("../../../lib/native/load.js", import.meta.url).href;

describe("npm run prebuild", () => {
  let folder: string;
  let addon: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "vqat-prebuild-"));
    const cuda = NO_COMPILER === false ? [] : ["--without-cuda"];
    const args = ["run", "prebuild", "--", "--out", folder, ...cuda];
    const { status, stderr, stdout } = spawnSync("npm", args, { cwd: packageRoot(), encoding: "utf8" });
    assert.equal(status, 0, `${stdout}${stderr}`);
    addon = join(folder, "prebuilds", `${process.platform}-${process.arch}`, "vqathinker.glibc.node");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("leaves the addon, tagged by C library, its loader and the CUDA kernels, and nothing else", () => {
    const kernels = NO_COMPILER === false ? ["vqathinker_cuda.so"] : [];
    const expected = ["vqathinker.glibc.node", ...kernels, "vqathinker_loader.so"];
    assert.deepEqual(readdirSync(dirname(addon)).sort(), expected.sort());
    assert.deepEqual(readdirSync(folder), ["prebuilds"]);
    assert.equal(openLoader(addon).builtFor, openLoader(addonPath()).builtFor);
  });

  it("leaves the developer's own build in place", () => {
    assert.ok(existsSync(join(packageRoot(), "build", "Release", "vqathinker.node")));
  });

  it("loads through node-gyp-build", () => {
    const program = `
      import { nativeBinding } from ${JSON.stringify(LOAD)};
      console.log(JSON.stringify(nativeBinding().info().calls));`;
    const text = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, VQATHINKER_PREBUILD: folder },
      encoding: "utf8",
    });
    assert.deepEqual(JSON.parse(text), [...CALLS]);
  });

  const builtFor = minorVersion(openLoader(addonPath()).builtFor);
  const other = builtFor === manifest().libtorch ? false : `this checkout is built on libtorch ${builtFor}`;
  it("is what the platform's package says of it", { skip: other }, () => {
    const { libtorch, cuda } = manifest();
    assert.equal(minorVersion(openLoader(addon).builtFor), libtorch);
    if (NO_COMPILER === false)
      assert.deepEqual(architecturesOf(join(dirname(addon), "vqathinker_cuda.so")), cuda);
  });

  it("carries no path of this machine and needs what is listed and nothing else", () => {
    for (const [file, needed] of Object.entries(NEEDED)) {
      if (!existsSync(join(dirname(addon), file))) continue;
      const demands = demandsOf(join(dirname(addon), file));
      assert.deepEqual(demands.runPaths, [], file);
      assert.deepEqual(demands.needed, [...needed, ...SYSTEM].sort(), file);
    }
  });

  it("asks for glibc 2.28 and GCC 8's C++ library at most", { skip: otherCompiler() }, () => {
    const own = execFileSync("c++", ["-print-file-name=libstdc++.so.6"], { encoding: "utf8" }).trim();
    const offered = offeredBy(own);
    assert.ok(
      offered.includes("_ZNKRSt7__cxx1115basic_stringbufIcSt11char_traitsIcESaIcEE3strEv@GLIBCXX_3.4.29"),
    );
    for (const file of readdirSync(dirname(addon))) {
      const { versioned, unversioned } = demandsOf(join(dirname(addon), file));
      assert.ok(versioned.length > 0);
      // libtorch may happen to offer what an older C++ library does not have; another build of it may not.
      const borrowed = offered.filter((one) => unversioned.includes(one.slice(0, one.indexOf("@"))));
      for (const [library, version] of FLOOR)
        assert.deepEqual(newerThan(library, version, [...versioned, ...borrowed]), [], file);
    }
  });
});

test("a symbol that is newer than the floor is seen", () => {
  const symbols = ["exp@GLIBC_2.29", "read@GLIBC_2.2.5", "open@GLIBC_2.28", "x@GLIBCXX_3.4.26", "puts"];
  assert.deepEqual(newerThan("GLIBC", "2.28", symbols), ["exp@GLIBC_2.29"]);
  assert.deepEqual(newerThan("GLIBCXX", "3.4.25", symbols), ["x@GLIBCXX_3.4.26"]);
  assert.deepEqual(newerThan("GLIBC", "2.2", symbols), [
    "exp@GLIBC_2.29",
    "read@GLIBC_2.2.5",
    "open@GLIBC_2.28",
  ]);
});

test("a prebuild without nvcc fails rather than to leave the CUDA kernels out", () => {
  const folder = mkdtempSync(join(tmpdir(), "vqat-prebuild-"));
  const whole = new URL("scripts/prebuilt.mjs", `file://${packageRoot()}/`).href;
  const program = `const { expectWhole } = await import(${JSON.stringify(whole)});
    try { expectWhole(process.argv[1], false); } catch (error) { console.log(error.message); }`;
  for (const name of ["vqathinker.glibc.node", "vqathinker_loader.so"]) writeFileSync(join(folder, name), "");
  const text = execFileSync(process.execPath, ["--input-type=module", "-e", program, folder], {
    encoding: "utf8",
  });
  rmSync(folder, { recursive: true });
  assert.match(
    text,
    /lacks vqathinker_cuda\.so; the CUDA kernels need nvcc, or leave them out with --without-cuda/,
  );
});

function manifest(): { libtorch: string; cuda: Architectures } {
  const file = join(packageRoot(), "packages", `${process.platform}-${process.arch}`, "package.json");
  return JSON.parse(readFileSync(file, "utf8")) as ReturnType<typeof manifest>;
}

/** Newer compilers take more from their own C++ library: releases are built with this one. */
function otherCompiler(): string | false {
  const version = execFileSync("c++", ["-dumpversion"], { encoding: "utf8" }).trim();
  return Number.parseInt(version, 10) > 12 ? `releases are built with GCC 12, here is ${version}` : false;
}
