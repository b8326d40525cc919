/** Whole-or-absent writes. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeAtomic } from "../../../lib/core/atomic-file.js";
import { writeFolderAtomic } from "../../../lib/core/atomic-folder.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

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
