/** `npm run prebuild` into a folder of its own, and the result as an installed package would use it. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";
import { CALLS } from "../../../lib/native/binding.js";
import { addonPath, openLoader } from "../../../lib/native/loader.js";
import { NO_COMPILER } from "../../helpers/cuda-files.js";

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

  it("carries no path of this machine and needs only libtorch and the system's own libraries", () => {
    const needed = ["vqathinker.glibc.node", "vqathinker_loader.so"].flatMap((name) => {
      const text = execFileSync("readelf", ["-d", join(dirname(addon), name)], { encoding: "utf8" });
      assert.doesNotMatch(text, /\((RPATH|RUNPATH)\)/);
      return [...text.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1] ?? "");
    });
    const known =
      /^(libtorch_cpu|libc10|libstdc\+\+|libgcc_s|libgomp|libc|libm|libdl|libpthread|ld-linux[\w-]*)\.so/;
    assert.deepEqual(
      needed.filter((name) => !known.test(name)),
      [],
    );
  });
});
