/** Whole-or-absent files. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fillFileAtomic, writeAt, writeAtomic } from "../../../lib/core/atomic-file.js";
import { packageRoot } from "../../../lib/core/package-root.js";
import { rejects } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const scratch = scratchFolder();
/** Ids end below this one. */
const ENDED = 2 ** 22 + 1;
const FULL = { skip: existsSync("/dev/full") ? false : "needs /dev/full" };
const read = (file: string) => readFileSync(file, "utf8");

test("a file is written whole, in folders that were not there", async () => {
  const file = join(scratch, "sub", "deep", "file");
  await writeAtomic(file, "new");
  await writeAtomic(file, new TextEncoder().encode("newer"));
  assert.equal(read(file), "newer");
  assert.deepEqual(readdirSync(join(scratch, "sub", "deep")), ["file"]);
});

test("whatever ends the writing leaves the older file, and nothing else", async () => {
  const dir = join(scratch, "failing");
  const file = join(dir, "file");
  await writeAtomic(file, "old");
  const full = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "write" });
  await rejects(
    fillFileAtomic(file, async (handle) => {
      await writeAt(handle, Uint8Array.of(1, 2), 0);
      throw full;
    }),
    file,
    /^: cannot be written: ENOSPC/,
  );
  const reason = new Error("stopped");
  const stopped = fillFileAtomic(file, () => Promise.reject(reason));
  await assert.rejects(stopped, (thrown) => thrown === reason);
  // Longer than a name may be once it has a neighbour's ending.
  const long = join(dir, "n".repeat(254));
  await rejects(writeAtomic(long, "x"), long, /^: cannot be written: ENAMETOOLONG: name too long$/);
  assert.deepEqual(readdirSync(dir), ["file"]);
  assert.equal(read(file), "old");
});

test("a disk that is full half way leaves the older file, and nothing else", () => {
  const dir = join(scratch, "small");
  mkdirSync(dir);
  const file = join(dir, "file");
  writeFileSync(file, "old");
  const module = join(packageRoot(), "dist", "lib", "core", "atomic-file.js");
  const program = `import { writeAtomic } from ${JSON.stringify(module)};
    await writeAtomic(process.argv[1], "x".repeat(1e6)).catch(({ code, message }) => console.log(code, message));`;
  const node = [process.execPath, "--input-type=module", "--eval", program, file];
  const { stdout } = spawnSync("sh", ["-c", 'ulimit -f 8; exec "$@"', "sh", ...node], { encoding: "utf8" });
  assert.match(stdout, /^E_FORMAT \S+file: cannot be written: EFBIG/);
  assert.deepEqual([readdirSync(dir), read(file)], [["file"], "old"]);
});

test("writers of one file do not meet in their neighbours", async () => {
  const file = join(scratch, "shared", "file");
  const texts = Array.from({ length: 12 }, (_, i) => String(i).repeat(10_000 + i));
  await Promise.all(texts.map((text) => writeAtomic(file, text)));
  assert.ok(texts.includes(read(file)));
  assert.deepEqual(readdirSync(join(scratch, "shared")), ["file"]);
});

test("a link stays one; one that leads nowhere, a folder and a file in a folder's place are refused", async () => {
  const dir = join(scratch, "links");
  mkdirSync(join(dir, "away"), { recursive: true });
  writeFileSync(join(dir, "away", "file"), "old");
  symlinkSync(join("away", "file"), join(dir, "link"));
  await writeAtomic(join(dir, "link"), "new");
  assert.ok(lstatSync(join(dir, "link")).isSymbolicLink());
  assert.equal(read(join(dir, "away", "file")), "new");
  symlinkSync("nowhere", join(dir, "dangling"));
  await rejects(writeAtomic(join(dir, "dangling"), "x"), join(dir, "dangling"), /: its link leads nowhere$/);
  await rejects(
    writeAtomic(join(dir, "away"), "x"),
    join(dir, "away"),
    /^: cannot be written: it is no plain file$/,
  );
  const below = join(dir, "away", "file", "x");
  await rejects(writeAtomic(below, "x"), below, /^: cannot be written: \S+file is no folder$/);
  assert.deepEqual(readdirSync(dir).sort(), ["away", "dangling", "link"]);
});

test("a device is written to and stays one; a full one is named", FULL, async () => {
  await writeAtomic("/dev/null", "nothing");
  assert.ok(lstatSync("/dev/null").isCharacterDevice());
  await rejects(writeAtomic("/dev/full", "x"), "/dev/full", /^: cannot be written: ENOSPC/);
});

test("the next writing of a file sweeps the halves of processes that have ended, and nothing else", async () => {
  const dir = join(scratch, "swept");
  mkdirSync(join(dir, `file.part-${ENDED}-9`), { recursive: true });
  const [mine, theirs] = [`file.part-${process.pid}-999`, `file.part-${process.ppid}-0`];
  const others = [mine, theirs, `other.part-${ENDED}-0`, `file.part-${ENDED}`, `file.part-${ENDED}-0.txt`];
  for (const name of [...others, `file.part-${ENDED}-0`, `file.part-${ENDED}-12`])
    writeFileSync(join(dir, name), "half");
  await writeAtomic(join(dir, "file"), "whole");
  assert.deepEqual(readdirSync(dir).sort(), [...others, "file", `file.part-${ENDED}-9`].sort());
});

test("a process that exits while it writes leaves no half", () => {
  const dir = join(scratch, "exited");
  mkdirSync(dir);
  const module = join(packageRoot(), "dist", "lib", "core", "atomic-file.js");
  const program = `import { readdirSync } from "node:fs";
    import { fillFileAtomic } from ${JSON.stringify(module)};
    await fillFileAtomic(process.argv[1], async () => {
      console.log(readdirSync(process.argv[2]).length);
      process.exit(7);
    });`;
  const node = ["--input-type=module", "--eval", program, join(dir, "file"), dir];
  const { status, stdout } = spawnSync(process.execPath, node, { encoding: "utf8" });
  assert.deepEqual([status, stdout.trim(), readdirSync(dir)], [7, "1", []]);
});
