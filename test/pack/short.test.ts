/**
 * The package as it is published: packed, installed by somebody without a compiler, scoring or saying what it lacks.
 * The whole trial is `npm run test:pack`.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { publint } from "publint";
import { packageRoot } from "../../lib/core/package-root.js";
import { findLibtorch, searchLibtorch } from "../../lib/libtorch/libtorch.js";
import { type Ground, install, prepareGround, scoresAsExpected } from "./ground.js";
import type { Stranger } from "./stranger.js";
import { BUILT_WITH_CUDA } from "./tarballs.js";

/** Bytes of the tarballs; the three models are 2.8 MB of the main one. */
const MAIN_BYTES = 3.8e6;
const PLATFORM_BYTES = 40e6;

const MAIN_FILES =
  /^(dist\/lib\/.*(\.js|\.d\.ts)|native\/.*|scripts\/[\w-]+\.mjs|assets\/.*|docs\/.*\.(md|svg)|bench\/README\.md|[^/]+)$/;
const PLATFORM_FILES = [
  "LICENSE",
  "README.md",
  "package.json",
  "prebuilds/linux-x64/vqathinker.glibc.node",
  ...(BUILT_WITH_CUDA ? ["prebuilds/linux-x64/vqathinker_cuda.so"] : []),
  "prebuilds/linux-x64/vqathinker_loader.so",
];

describe("the packed package", () => {
  let ground: Ground;
  let who: Stranger;

  before(async () => {
    ground = await prepareGround();
    who = ground.stranger("short");
    await install(who);
  });
  after(() => ground?.close());

  it("is small", () => {
    const { main, platform } = ground.tarballs;
    assert.ok(main.bytes <= MAIN_BYTES, `vqathinker is packed in ${main.bytes} bytes`);
    assert.ok(platform.bytes <= PLATFORM_BYTES, `@vqathinker/linux-x64 is packed in ${platform.bytes} bytes`);
  });

  it("holds what runs and what builds it, and nothing of ours beside", () => {
    const { main, platform } = ground.tarballs;
    const strange = main.files.filter((path) => !MAIN_FILES.test(path));
    assert.deepEqual(strange, []);
    for (const path of ["dist/lib/index.js", "dist/lib/index.d.ts", "assets/tiny/model.safetensors"])
      assert.ok(main.files.includes(path), path);
    assert.deepEqual(platform.files.toSorted(), PLATFORM_FILES);
    // For npm and its kin such a file is an install script, whatever package.json says of it.
    assert.ok(!main.files.includes("binding.gyp"));
  });

  it("is installed anew from a lock file, and built anew, with scripts allowed", async () => {
    await who.must("npm", ["ci", "--no-audit", "--no-fund"]);
    await who.must("npm", ["rebuild"]);
  });

  it("is what publint has nothing to say about", async () => {
    const { main, platform } = ground.tarballs;
    // A package without JavaScript need not say of which kind its JavaScript is.
    for (const [{ file }, level] of [
      [main, "suggestion"],
      [platform, "warning"],
    ] as const) {
      const bytes = readFileSync(file);
      const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
      const { messages } = await publint({ pack: { tarball }, level, strict: true });
      assert.deepEqual(messages, [], file);
    }
  });

  it("has types that resolve wherever an ESM-only package does", () => {
    const attw = join(packageRoot(), "node_modules", ".bin", "attw");
    const args = ["--profile", "esm-only", "--no-definitely-typed", "--format", "json"];
    const { status, stdout, stderr } = spawnSync(attw, [...args, ground.tarballs.main.file], {
      encoding: "utf8",
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
    const { analysis } = JSON.parse(stdout) as { analysis: { entrypoints: object } };
    assert.deepEqual(Object.keys(analysis.entrypoints), [".", "./inspect", "./package.json"]);
  });

  it("scores a video as the checkout does, from the platform's package", async () => {
    await scoresAsExpected(ground, who, { VQAT_LIBTORCH: findLibtorch().root });
  });

  it("says without libtorch what is missing and what to type", async (t) => {
    const { found } = searchLibtorch(undefined, who.env);
    if (found !== null) return t.skip(`this machine has a libtorch for everybody in ${found.root}`);
    const { code, stdout, stderr } = await who.run("npx", ["vqathinker", "score", ground.video]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^E_NO_LIBTORCH: .*\bnpx vqathinker setup\b/ms);
  });
});
