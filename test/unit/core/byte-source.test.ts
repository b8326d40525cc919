import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readRange, withFile } from "../../../lib/core/byte-source.js";
import { rejects } from "../../helpers/refused.js";

const dir = await mkdtemp(join(tmpdir(), "vqat-bytes-"));
const file = join(dir, "data");
await writeFile(file, "0123456789");

test("reads any range inside the file, and refuses the others before it makes room for them", async () => {
  await withFile(file, async (source) => {
    assert.equal(source.size, 10);
    assert.equal(new TextDecoder().decode(await readRange(source, 3, 4)), "3456");
    assert.deepEqual(await readRange(source, 10, 0), new Uint8Array(0));
    for (const [offset, length] of [
      [8, 3],
      [11, 0],
      [-1, 2],
      [0, 2 ** 60],
      [2 ** 63, 1],
      [0, -1],
      [Number.NaN, 1],
    ] as const) {
      await rejects(
        readRange(source, offset, length),
        `${file}: expected `,
        /the file has 10: is it cut short/,
      );
    }
  });
});

test("says when a file became shorter while it was read", async () => {
  const shrinking = join(dir, "shrinking");
  await writeFile(shrinking, "0123456789");
  await withFile(shrinking, async (source) => {
    await truncate(shrinking, 4);
    await rejects(readRange(source, 2, 6), `${shrinking}: `, /ended at byte 4/);
  });
});

test("refuses what is no file, a pipe without waiting for its writer", async () => {
  const pipe = join(dir, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const path of [pipe, dir])
    await rejects(
      withFile(path, async () => {}),
      `${path}: `,
      /expected a file/,
    );
  await rejects(
    withFile(join(dir, "none"), async () => {}),
    join(dir, "none"),
    /cannot be opened: no such file$/,
  );
});
