/** `npm run release -- --dry-run` in a clone, and all that stops it. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { packageRoot } from "../../../../lib/core/package-root.js";

const PROGRAM = join(packageRoot(), "dist", "scripts", "release", "main.js");
const PLATFORM = join("packages", "linux-x64");
/** A port on which nothing listens. */
const NOBODY = `http://${"localhost"}:9/`;
/** The budget of test/pack/short.test.ts, which packs without notices. */
const MAIN_BYTES = 3.8e6;
const IDENTITY = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"];

describe("npm run release", () => {
  let scratch: string;
  let clone: string;
  const git = (...args: string[]) =>
    execFileSync("git", [...IDENTITY, ...args], { cwd: clone, encoding: "utf8" });
  const commit = (subject: string) => git("commit", "--quiet", "--allow-empty", "--message", subject);
  const release = (...args: string[]) =>
    spawnSync(process.execPath, [PROGRAM, ...args], { cwd: clone, encoding: "utf8" });
  const refused = (...args: string[]) => {
    const { status, stderr } = release("--dry-run", ...args);
    assert.equal(status, 1, stderr);
    return stderr;
  };
  const version = () =>
    (JSON.parse(readFileSync(join(clone, "package.json"), "utf8")) as { version: string }).version;

  before(() => {
    scratch = mkdtempSync(join(tmpdir(), "vqat-release-"));
    clone = join(scratch, "clone");
    execFileSync("git", ["clone", "--quiet", packageRoot(), clone]);
    // What git ignores and a release stands on.
    cpSync(join(packageRoot(), "dist", "lib"), join(clone, "dist", "lib"), { recursive: true });
    symlinkSync(join(packageRoot(), "node_modules"), join(clone, "node_modules"));
    const binaries = join(clone, PLATFORM, "prebuilds", "linux-x64");
    mkdirSync(binaries, { recursive: true });
    for (const name of ["vqathinker.glibc.node", "vqathinker_loader.so", "vqathinker_cuda.so"])
      writeFileSync(join(binaries, name), "binary");
    git("tag", "v0.0.1");
    commit("Say more of a video");
    commit("Say less of it");
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  it("without --dry-run says who publishes", () => {
    const { status, stderr } = release();
    assert.equal(status, 1);
    assert.match(stderr, /release\.yml.*--dry-run/);
  });

  it("does everything but publish", () => {
    const { status, stdout, stderr } = release("--dry-run");
    assert.equal(status, 0, stderr);
    const out = join(clone, "release");
    const names = readdirSync(out).sort();
    const tarballs = [`vqathinker-${version()}.tgz`, `vqathinker-linux-x64-${version()}.tgz`];
    assert.deepEqual(names, ["CHANGELOG.md", "THIRD-PARTY.md", "sbom.cdx.json", ...tarballs]);
    const published = [...stdout.matchAll(/npm publish \S+\/(\S+) (.*) {2}#/g)].map(([, file, flags]) => [
      file,
      flags,
    ]);
    assert.deepEqual(
      published,
      [tarballs[1], tarballs[0]].map((file) => [file, "--provenance --access public"]),
    );
    const sizes = [...stdout.matchAll(/ {2}# (\d+) bytes$/gm)].map(([, bytes]) => Number(bytes));
    assert.equal(sizes.length, 2);
    assert.ok((sizes[1] ?? 0) <= MAIN_BYTES, `with its notices vqathinker is packed in ${sizes[1]} bytes`);
    assert.match(stdout, /^npm audit: (no known vulnerability|NOT DONE: .+)$/m);
    assert.equal(git("status", "--porcelain"), "");
  });

  it("tells the commits since the last tag, newest first", () => {
    const changelog = readFileSync(join(clone, "release", "CHANGELOG.md"), "utf8");
    const section = new RegExp(
      `^# Changelog\n\n## v${version()} \\(\\d{4}-\\d\\d-\\d\\d\\)\n\nSince v0\\.0\\.1:\n\n`,
    );
    assert.match(changelog, section);
    assert.ok(changelog.replace(section, "").startsWith("- Say less of it\n- Say more of a video\n"));
  });

  it("lists the runtime tree, and the licence text of what is installed", () => {
    const bom = JSON.parse(readFileSync(join(clone, "release", "sbom.cdx.json"), "utf8")) as {
      metadata: { component: { name: string; version: string } };
      components: { name: string }[];
    };
    assert.deepEqual(
      [bom.metadata.component.name, bom.metadata.component.version],
      ["vqathinker", version()],
    );
    const names = bom.components.map(({ name }) => name);
    for (const name of [
      "zod",
      "sharp",
      "fluent-ffmpeg",
      "@img/sharp-libvips-linux-x64",
      "@img/sharp-win32-x64",
    ])
      assert.ok(names.includes(name), name);
    for (const name of ["typescript", "fast-check", "typedoc"]) assert.ok(!names.includes(name), name);
    const text = readFileSync(join(clone, "release", "THIRD-PARTY.md"), "utf8");
    assert.match(text, /^\| zod \| \S+ \| MIT \|$/m);
    assert.match(text, /^\| @img\/sharp-libvips-linux-x64 \| \S+ \| LGPL-3\.0-or-later \|$/m);
    assert.match(text, /^### zod \S+, LICENSE\n\n {4}MIT License/m);
    assert.match(text, /libcudart_static/);
    for (const name of ["vqathinker", "vqathinker-linux-x64"]) {
      const tarball = join(clone, "release", `${name}-${version()}.tgz`);
      assert.match(
        execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }),
        /^package\/THIRD-PARTY\.md$/m,
      );
    }
  });

  it("takes no audit that was not made for a good one where it is required", () => {
    const env = { ...process.env, npm_config_registry: NOBODY };
    const args = [PROGRAM, "--dry-run", "--require-audit"];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: clone, encoding: "utf8", env });
    assert.equal(status, 1);
    assert.match(stderr, /NOT DONE: the registry did not answer npm audit/);
  });

  it("refuses a tree with changes", () => {
    writeFileSync(join(clone, "stray.txt"), "");
    assert.match(refused(), /not committed:\n\?\? stray\.txt/);
    rmSync(join(clone, "stray.txt"));
  });

  it("refuses packages of two versions", () => {
    const file = join(clone, PLATFORM, "package.json");
    const before = readFileSync(file, "utf8");
    writeFileSync(file, before.replace(/"version": "[^"]+"/, '"version": "9.9.9"'));
    git("commit", "--quiet", "--all", "--message", "Raise one");
    assert.match(refused(), /packages.linux-x64.package\.json: expected version \S+, found 9\.9\.9/);
    git("reset", "--quiet", "--hard", "HEAD~1");
  });

  it("refuses a version that has its tag", () => {
    git("tag", `v${version()}`);
    assert.match(refused(), /is tagged already; raise the version/);
    git("tag", "--delete", `v${version()}`);
  });

  it("refuses a platform's package without binaries", () => {
    rmSync(join(clone, PLATFORM, "prebuilds"), { recursive: true });
    assert.match(refused(), /lacks vqathinker\.glibc\.node, .*npm run prebuild/);
    assert.ok(!existsSync(join(clone, "release", `vqathinker-${version()}.tgz`)));
  });
});
