/** Fuzz target: vqathinker.json, a checkpoint's settings. */
import assert from "node:assert/strict";
import { readSettings, SETTINGS_FILE, settingsSchema } from "../../lib/checkpoint/settings.js";
import type { Draws } from "../../lib/core/rng.js";
import { packed, takesFolder } from "./folder.js";
import { jsonBytes } from "./json.js";

export const READERS = ["lib/checkpoint/settings.ts"];

const WHOLE = settingsSchema.parse({ prompt: { system: "You see videos." }, notice: "Made for tests." });
const KEYS = [
  ...Object.keys(WHOLE),
  ...Object.keys(WHOLE.prompt),
  "max",
  "other",
  "",
  "\u0000",
  "x".repeat(2000),
];

export function make(draws: Draws): Uint8Array {
  return packed({ [SETTINGS_FILE]: jsonBytes(draws, WHOLE, KEYS) });
}

export function check(input: Uint8Array): Promise<boolean> {
  return takesFolder(input, [SETTINGS_FILE], async (dir) => {
    const settings = await readSettings(dir);
    assert.deepEqual(settingsSchema.parse(settings), settings, "settings are settings again");
  });
}
