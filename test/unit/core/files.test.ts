/** Line files, whole-or-absent writes, the limiter. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeAtomic, writeFolderAtomic } from "../../../lib/core/atomic-file.js";
import { appendJsonLine, parseJsonLines, readJsonLines } from "../../../lib/core/jsonl.js";
import { limiterOf } from "../../../lib/core/limiter.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

test("lines come back with their numbers; typed arrays are lists, NaN is null", async () => {
  const file = join(dir, "lines.jsonl");
  appendJsonLine(file, { a: Float64Array.of(1, Number.NaN) });
  appendJsonLine(file, { b: "\n" });
  assert.deepEqual(await readJsonLines(file), [
    { value: { a: [1, null] }, line: 1 },
    { value: { b: "\n" }, line: 2 },
  ]);
  assert.throws(() => parseJsonLines("{}\n\n{", "f"), { code: "E_FORMAT", message: /^f:3: / });
  const deep = `{"a":${"[".repeat(64)}${"]".repeat(64)}}`;
  assert.throws(() => parseJsonLines(`{}\n${deep}`, "f"), { code: "E_FORMAT", message: /^f:2: .*64 deep/ });
});

test("a file or folder is written whole, and stays as it was when writing fails", async () => {
  await writeAtomic(join(dir, "sub", "file"), "new");
  assert.equal(readFileSync(join(dir, "sub", "file"), "utf8"), "new");
  const folder = join(dir, "folder");
  mkdirSync(folder);
  writeFileSync(join(folder, "old"), "");
  await assert.rejects(
    writeFolderAtomic(folder, async (part) => {
      await writeFile(join(part, "half"), "");
      throw new Error("disk full");
    }),
    /disk full/,
  );
  assert.deepEqual(readdirSync(folder), ["old"]);
  await writeFolderAtomic(folder, (part) => writeFile(join(part, "new"), ""));
  assert.deepEqual(readdirSync(folder), ["new"]);
  assert.ok(!readdirSync(dir).some((name) => name.includes("part")) && existsSync(folder));
});

test("a limiter runs so many at a time, in order, and goes on after a failure", async () => {
  const limit = limiterOf(2);
  const started: number[] = [];
  let running = 0;
  const task = (i: number) =>
    limit(async () => {
      started.push(i);
      assert.ok(++running <= 2);
      await new Promise((go) => setImmediate(go));
      running--;
      if (i === 1) throw new Error("one");
      return i;
    });
  const ends = await Promise.allSettled([0, 1, 2, 3, 4].map(task));
  assert.deepEqual(started, [0, 1, 2, 3, 4]);
  assert.deepEqual(
    ends.map((end) => (end.status === "fulfilled" ? end.value : "failed")),
    [0, "failed", 2, 3, 4],
  );
});
