/** What a checkpoint wants said with its scores, when a run has trained it. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { markTrained, readSettings, SETTINGS_FILE } from "../../../lib/checkpoint/settings.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

const OPEN = {
  frames: undefined,
  imageSize: undefined,
  sampling: undefined,
  maxNewTokens: undefined,
  answers: undefined,
  prompt: undefined,
};

function folder(name: string, settings: object | null): string {
  const made = join(dir, name);
  mkdirSync(made);
  if (settings !== null) writeFileSync(join(made, SETTINGS_FILE), JSON.stringify(settings));
  return made;
}

test("the notice is told of the checkpoint that the run began with, once however many runs there were", async () => {
  const trained = folder("trained", { frames: 6, notice: "A toy." });
  for (const _run of [1, 2]) {
    await markTrained(trained, OPEN);
    const { notice, frames } = await readSettings(trained);
    assert.deepEqual([notice, frames], ["Trained from a checkpoint of which is said: A toy.", 6]);
  }
});

test("a checkpoint is asked as its run asked; what the run leaves open stays", async () => {
  for (const settings of [
    null,
    { notice: null, frames: 12, maxNewTokens: 9 },
    { scale: { min: 0, max: 100 } },
  ]) {
    const trained = folder(`asked${settings === null ? "" : Object.keys(settings)[0]}`, settings);
    const before = await readSettings(trained);
    const prompt = { ...before.prompt, question: "How good?", lead: "" };
    await markTrained(trained, { ...OPEN, frames: 6, answers: "released", prompt });
    const after = await readSettings(trained);
    assert.deepEqual(after, { ...before, frames: 6, answers: "released", prompt });
  }
});
