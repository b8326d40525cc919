/** What a checkpoint wants said with its scores, when a run has trained it. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { markTrained, readSettings, SETTINGS_FILE } from "../../../lib/checkpoint/settings.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

function folder(name: string, settings: object | null): string {
  const made = join(dir, name);
  mkdirSync(made);
  if (settings !== null) writeFileSync(join(made, SETTINGS_FILE), JSON.stringify(settings));
  return made;
}

test("the notice is told of the checkpoint that the run began with, once however many runs there were", async () => {
  const trained = folder("trained", { frames: 6, notice: "A toy." });
  for (const _run of [1, 2]) {
    await markTrained(trained);
    const { notice, frames } = await readSettings(trained);
    assert.deepEqual([notice, frames], ["Trained from a checkpoint of which is said: A toy.", 6]);
  }
});

test("where nothing is said, nothing is written", async () => {
  for (const [name, settings] of [
    ["silent", { notice: null, frames: 6 }],
    ["unsaid", { frames: 6 }],
  ] as const) {
    const silent = folder(name, settings);
    await markTrained(silent);
    assert.equal(readFileSync(join(silent, SETTINGS_FILE), "utf8"), JSON.stringify(settings));
  }
  const bare = folder("bare", null);
  await markTrained(bare);
  assert.ok(!existsSync(join(bare, SETTINGS_FILE)));
});
