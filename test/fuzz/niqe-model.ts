/** Fuzz target: a model file of NIQE. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Draws } from "../../lib/core/rng.js";
import { checkNiqeModel, readNiqeModel } from "../../lib/measures/niqe-model.js";
import { packed, takesFolder } from "./folder.js";
import { jsonBytes } from "./json.js";

export const READERS = ["lib/measures/niqe-model.ts"];

const FILE = "model.json";
const numbers = (at: (i: number) => number) => Array.from({ length: 36 }, (_, i) => at(i));
const WHOLE = {
  what: "made for tests",
  fitted: { pictures: 3, blocks: 40, sharpness: 0.75, version: "1.0.0" },
  mu: numbers((i) => i / 7),
  cov: numbers((i) => i).map((i) => numbers((j) => (i === j ? 2 : 1 / 64))),
};
const KEYS = [...Object.keys(WHOLE), ...Object.keys(WHOLE.fitted), "mean", "", "\u0000"];

export function make(draws: Draws): Uint8Array {
  return packed({ [FILE]: jsonBytes(draws, WHOLE, KEYS) });
}

export function check(input: Uint8Array): Promise<boolean> {
  return takesFolder(input, [FILE], async (dir) => {
    const model = await readNiqeModel(join(dir, FILE));
    checkNiqeModel(model);
    assert.equal(model.fitted?.blocks ?? 1, Math.trunc(model.fitted?.blocks ?? 1));
  });
}
