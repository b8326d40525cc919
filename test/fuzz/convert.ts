/** Fuzz target: the conversion of files of torch.save, on the inputs of the target of pickles. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Draws } from "../../lib/core/rng.js";
import { convertCheckpoint } from "../../lib/torch-file/convert.js";
import { readSafetensorsHeader } from "../../lib/weights/safetensors.js";
import { packed, takesFolder } from "./folder.js";
import { make as makePickle } from "./pickle.js";

export const READERS = ["lib/torch-file/convert.ts"];

export function make(draws: Draws): Uint8Array {
  return packed({ "fuzz.pt": makePickle(draws) });
}

export function check(input: Uint8Array): Promise<boolean> {
  return takesFolder(input, ["fuzz.pt"], async (dir) => {
    const { tensors } = await convertCheckpoint(join(dir, "fuzz.pt"), join(dir, "out.safetensors"));
    const { tensors: written } = await readSafetensorsHeader(join(dir, "out.safetensors"));
    assert.equal(written.length, tensors);
  });
}
