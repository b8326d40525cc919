/**
 * `npm run prebuild [-- --out FOLDER]`: prebuilds/<platform>-<arch>/ with the stripped addon and its side libraries,
 * by prebuildify. It moves what it finds out of build/Release, so it is given a copy to move, and the build of
 * whoever develops stays where it is.
 */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { main, must, ROOT, say } from "./shell.mjs";

await main(async () => {
  const { values } = parseArgs({ options: { out: { type: "string", default: ROOT } } });
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
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
  say(`prebuilt into ${join(out, "prebuilds")}`);
});
