/** Fuzz target: still images. Inputs are recorded ones whose bytes are changed. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Draws } from "../../lib/core/rng.js";
import { readStill } from "../../lib/video/still.js";
import { goldenPath } from "../helpers/goldens.js";
import { oneOf, spoilt } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { words } from "./json.js";

export const READERS = ["lib/video/still.ts"];

const RECORDED = readdirSync(goldenPath("stills"))
  .filter((name) => !name.endsWith(".json"))
  .map((name) => new Uint8Array(readFileSync(join(goldenPath("stills"), name))));
const WORDS = words("\u0000\u0000\u0000\u0001", "IHDR", "IDAT", "RIFF", "VP8X", "Exif", "\u007f", "ICCP");

export function make(draws: Draws): Uint8Array {
  return packed({ still: spoilt(draws, oneOf(draws, RECORDED), WORDS) });
}

export function check(input: Uint8Array): Promise<boolean> {
  const read = async (dir: string) => {
    const { rgb, width, height } = await readStill(join(dir, "still"));
    assert.equal(rgb.length, 3 * width * height);
  };
  return takesFolder(input, ["still"], read, { code: "E_MEDIA" });
}
