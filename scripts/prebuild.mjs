/**
 * `npm run prebuild [-- --out FOLDER] [--without-cuda]`: the stripped addon, its loader and the CUDA kernels into
 * packages/<platform>-<cpu>/prebuilds, by prebuildify, which is what that package ships. It moves what it finds out of
 * build/Release, so it is given a copy to move, and the build of whoever develops stays where it is.
 */

import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { expectWhole } from "./prebuilt.mjs";
import { main, must, ROOT, StepError, say } from "./shell.mjs";

const PLATFORM = `${process.platform}-${process.arch}`;

await main(async () => {
  const { values } = parseArgs({ options: { out: { type: "string" }, "without-cuda": { type: "boolean" } } });
  const out = values.out === undefined ? packageFolder() : resolve(values.out);
  mkdirSync(out, { recursive: true });
  rmSync(join(out, "prebuilds"), { recursive: true, force: true });
  // Beside its destination, because prebuildify moves by rename.
  const stage = mkdtempSync(join(out, ".prebuild-"));
  try {
    const require = createRequire(import.meta.url);
    const prebuildify = join(dirname(require.resolve("prebuildify")), "bin.js");
    const backend = join(ROOT, "scripts", "prebuild-backend.mjs");
    const args = ["--napi", "--strip", "--tag-libc", "--name", "vqathinker", "--cwd", stage, "--out", out];
    await must(process.execPath, [prebuildify, ...args], {
      env: { ...process.env, PREBUILD_NODE_GYP: backend },
    });
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  expectWhole(join(out, "prebuilds", PLATFORM), values["without-cuda"] === true);
  say(`prebuilt into ${join(out, "prebuilds")}`);
});

function packageFolder() {
  const folder = join(ROOT, "packages", PLATFORM);
  if (existsSync(join(folder, "package.json"))) return folder;
  throw new StepError(`there is no package for ${PLATFORM}: expected packages/${PLATFORM}/package.json`);
}
