/** Whole-or-absent folders, and what a killed writer leaves. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { removeFolder, sweepTraces, writeFolderAtomic } from "../../../lib/core/atomic-folder.js";
import { rejects } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const scratch = scratchFolder();
let folders = 0;

/** A new folder that holds folders, each with one file of the same name. */
function place(...names: string[]): string {
  const dir = join(scratch, String(folders++));
  mkdirSync(dir);
  for (const name of names) {
    mkdirSync(join(dir, name));
    writeFileSync(join(dir, name, name), "");
  }
  return dir;
}
const fileIn = (name: string) => (part: string) => writeFile(join(part, name), "");

test("a folder is filled aside, then takes the place of the older one", async () => {
  const dir = place();
  const folder = join(dir, "above", "folder");
  await writeFolderAtomic(folder, fileIn("old"));
  await writeFolderAtomic(folder, async (part) => {
    assert.deepEqual(readdirSync(folder), ["old"]);
    await writeFile(join(part, "new"), "");
  });
  assert.deepEqual([readdirSync(folder), readdirSync(join(dir, "above"))], [["new"], ["folder"]]);
});

test("whatever ends the filling leaves the older folder, and nothing else", async () => {
  const dir = place("folder");
  const folder = join(dir, "folder");
  const failing = (end: (part: string) => unknown) =>
    writeFolderAtomic(folder, async (part) => {
      await writeFile(join(part, "half"), "");
      await end(part);
    });
  const full = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "write" });
  await rejects(
    failing(() => Promise.reject(full)),
    folder,
    /^: cannot be written: ENOSPC/,
  );
  const reason = new Error("stopped");
  await assert.rejects(
    failing(() => Promise.reject(reason)),
    (thrown) => thrown === reason,
  );
  // Somebody takes the half away while it is filled.
  await rejects(
    failing((part) => rmSync(part, { recursive: true })),
    folder,
    /^: cannot be written: ENOENT/,
  );
  assert.deepEqual([readdirSync(dir), readdirSync(folder)], [["folder"], ["folder"]]);
  writeFileSync(join(dir, "plain"), "");
  const below = join(dir, "plain", "folder");
  await rejects(writeFolderAtomic(below, fileIn("x")), below, /^: cannot be written: \S+plain is no folder$/);
});

test("a removed folder is gone; one that is not there is named", async () => {
  const dir = place("one", "two");
  await removeFolder(join(dir, "one"));
  assert.deepEqual(readdirSync(dir), ["two"]);
  await rejects(removeFolder(join(dir, "one")), join(dir, "one"), /^: cannot be written: ENOENT/);
});

test("halves of killed writers are taken away; what stood aside is put back where nothing took its place", async () => {
  const dir = place(
    "a",
    "a.part-12-0",
    "a.old-12-1",
    "b.old-7-3",
    "c.gone-7-0",
    "d.part-99",
    "e.part-x",
    "old-1-1",
    "photos.old-2019",
  );
  writeFileSync(join(dir, "f.jsonl.part-5-5"), "");
  const OWN = /[a-e]|f\.jsonl/;
  await sweepTraces(dir, OWN);
  assert.deepEqual(readdirSync(dir).sort(), ["a", "b", "e.part-x", "old-1-1", "photos.old-2019"]);
  assert.deepEqual(readdirSync(join(dir, "a")), ["a"]);
  assert.deepEqual(readdirSync(join(dir, "b")), ["b.old-7-3"]);
  await sweepTraces(join(dir, "none"), OWN);
});
