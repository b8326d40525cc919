/** Distortions that only the unseen-distortion set uses. Severities in [0, 1]. Never part of any training clip. */

import type { Distort } from "./distortions.js";
import type { Sfc32 } from "./draw.js";
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

/** Luma and chroma rounded to few levels: 8 at the mildest, 2 at the worst. */
function band(frame: Frame, severity: number): void {
  const step = 255 / (Math.round(9 - 7 * severity) - 1);
  for (let i = 0; i < frame.bytes.length; i++) {
    frame.bytes[i] = Math.round((frame.bytes[i] as number) / step) * step;
  }
}

/** Black and white dots on up to two fifths of the luma. */
function impulse(frame: Frame, severity: number, rng: Sfc32): void {
  const limit = (0.02 + 0.38 * severity) * 65536;
  for (let i = 0; i < frame.luma.length; i++) {
    const word = rng.word();
    if ((word & 0xffff) < limit) frame.luma[i] = word & 0x10000 ? 235 : 16;
  }
}

/** Three echoes of the picture over itself, each further to the side; together up to four fifths of it. */
function ghost(frame: Frame, severity: number): void {
  const strength = 0.2 + 0.6 * severity;
  echo(frame.luma, SIDE, 4, strength);
  echo(frame.blue, SIDE / 2, 2, strength);
  echo(frame.red, SIDE / 2, 2, strength);
}

function echo(plane: Uint8ClampedArray, side: number, shift: number, strength: number): void {
  for (let y = 0; y < side; y++) {
    const row = y * side;
    // From the right, so that the echoes are of the picture and not of echoes.
    for (let x = side - 1; x >= 0; x--) {
      let sum = 0;
      for (let k = 1; k <= 3; k++) sum += plane[row + Math.max(x - k * shift, 0)] as number;
      plane[row + x] = (plane[row + x] as number) * (1 - strength) + (sum / 3) * strength;
    }
  }
}

export const UNSEEN_SPATIAL = {
  pixelation: pixelate,
  banding: band,
  impulse,
  ghosting: ghost,
} as const satisfies Record<string, Distort>;
