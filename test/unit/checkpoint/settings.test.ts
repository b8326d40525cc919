/** What a checkpoint wants said with its scores, when a run has trained it. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  markTrained,
  readSettings,
  SETTINGS_FILE,
  settingsSchema,
} from "../../../lib/checkpoint/settings.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

const OPEN = {
  frames: undefined,
  imageSize: undefined,
  sampling: undefined,
  fragments: undefined,
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

test("fragments have defaults, and nothing else than what is known of them", async () => {
  const usual = { patch: 32, neighbours: 4, seed: 0 };
  for (const [said, expected] of [
    [{}, usual],
    [{ sampling: "fragments" }, usual],
    [
      { sampling: "fragments", fragments: { patch: 16, seed: 3 } },
      { ...usual, patch: 16, seed: 3 },
    ],
  ] as const)
    assert.deepEqual(settingsSchema.parse(said).fragments, expected);
  for (const [name, fragments, says] of [
    ["unknown", { pach: 16 }, /vqathinker\.json.*pach/],
    ["zero", { patch: 0 }, /fragments\.patch/],
    ["half", { neighbours: 1.5 }, /fragments\.neighbours/],
    ["below", { seed: -1 }, /fragments\.seed/],
  ] as const)
    await assert.rejects(readSettings(folder(`fragments-${name}`, { fragments })), {
      code: "E_FORMAT",
      message: says,
    });
});

test("a checkpoint of a run on fragments is shown the same ones", async () => {
  const fragments = { patch: 16, neighbours: 2, seed: 9 };
  const trained = folder("cut", { fragments: { patch: 8 } });
  await markTrained(trained, { ...OPEN, sampling: "fragments", fragments });
  const { sampling, fragments: kept } = await readSettings(trained);
  assert.deepEqual([sampling, kept], ["fragments", fragments]);
});
