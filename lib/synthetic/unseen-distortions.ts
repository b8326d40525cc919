/** Distortions that only the unseen-distortion set uses. Severities in [0, 1]. Never part of any training clip. */

import type { Distort } from "./distortions.js";
import type { Draw } from "./draw.js";
import { SIDE } from "./geometry.js";
import type { Frame } from "./plane.js";

/** Blocks of 2 to 8 pixels, each its own mean. */
function pixelate(frame: Frame, severity: number): void {
  const block = 2 + Math.round(6 * severity);
  mosaic(frame.luma, SIDE, block);
  mosaic(frame.blue, SIDE / 2, Math.max(1, block >> 1));
  mosaic(frame.red, SIDE / 2, Math.max(1, block >> 1));
}

function mosaic(plane: Uint8ClampedArray, side: number, block: number): void {
  for (let top = 0; top < side; top += block) {
    for (let left = 0; left < side; left += block) {
      const bottom = Math.min(top + block, side);
      const right = Math.min(left + block, side);
      let sum = 0;
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) sum += plane[y * side + x] as number;
      const mean = sum / ((bottom - top) * (right - left));
      for (let y = top; y < bottom; y++) plane.fill(mean, y * side + left, y * side + right);
    }
  }
}

/** Luma and chroma rounded to few levels: 16 at the mildest, 3 at the worst. */
function band(frame: Frame, severity: number): void {
  const step = 255 / (Math.round(16 - 13 * severity) - 1);
  for (let i = 0; i < frame.bytes.length; i++)
    frame.bytes[i] = Math.round((frame.bytes[i] as number) / step) * step;
}

/** Black and white dots on up to a quarter of the luma. */
function impulse(frame: Frame, severity: number, rng: Draw): void {
  const share = 0.01 + 0.24 * severity;
  const limit = share * 65536;
  for (let i = 0; i < frame.luma.length; i++) {
    const word = rng.word();
    if ((word & 0xffff) < limit) frame.luma[i] = word & 0x10000 ? 235 : 16;
  }
}

/** A shifted copy of the picture over itself, up to half as strong. */
function ghost(frame: Frame, severity: number): void {
  const strength = 0.1 + 0.4 * severity;
  const shift = 4 + Math.round(6 * severity);
  shiftOver(frame.luma, SIDE, shift, strength);
  shiftOver(frame.blue, SIDE / 2, shift >> 1, strength);
  shiftOver(frame.red, SIDE / 2, shift >> 1, strength);
}

function shiftOver(plane: Uint8ClampedArray, side: number, shift: number, strength: number): void {
  for (let y = 0; y < side; y++) {
    for (let x = side - 1; x >= 0; x--) {
      const at = y * side + x;
      const behind = plane[y * side + Math.max(x - shift, 0)] as number;
      plane[at] = (plane[at] as number) * (1 - strength) + behind * strength;
    }
  }
}

export const UNSEEN_SPATIAL = {
  pixelation: pixelate,
  banding: band,
  impulse,
  ghosting: ghost,
} as const satisfies Record<string, Distort>;
