/**
 * A patch embedding that starts as a whitened cosine transform of luma: each output has mean 0 and deviation 1 over real
 * patches. Otherwise a patch's mean dwarfs the high frequencies in which blur, noise and blocking live.
 */
import type { Shape } from "./family.js";
import type { Given } from "./start.js";

/** ITU-R BT.601 luma of RGB. */
export const LUMA = [0.299, 0.587, 0.114] as const;
/** ImageNet deviations: what normalised pixels were divided by; their means only move the bias. */
export const DEVIATION = [0.229, 0.224, 0.225] as const;
export const MEAN = [0.485, 0.456, 0.406] as const;

/** What the orthonormal DCT-II of `length` numbers weighs the one at a place by. */
export function cosine(frequency: number, at: number, length: number): number {
  return (
    Math.sqrt((frequency === 0 ? 1 : 2) / length) *
    Math.cos((Math.PI * (2 * at + 1) * frequency) / (2 * length))
  );
}

/** Rows of the orthonormal 8×8 DCT-II, vertical frequency slowest. */
export function cosineRows(patch: number): Float64Array[] {
  return Array.from({ length: patch * patch }, (_, k) => {
    const [v, h] = [Math.floor(k / patch), k % patch];
    return Float64Array.from(
      { length: patch * patch },
      (_, i) => cosine(v, Math.floor(i / patch), patch) * cosine(h, i % patch, patch),
    );
  });
}

/** What the cosines of luma of 0 to 1, less ImageNet's mean, are over patches; as many as there are rows. */
export interface Measured {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** @param frames  RGB bytes [n, size, size, 3] end to end. */
export function measureCosines({ imageSize: size, patch }: Shape, frames: Uint8Array): Measured {
  const rows = cosineRows(patch);
  const sums = rows.map(() => ({ count: 0, sum: 0, squares: 0 }));
  const luma = new Float64Array(patch * patch);
  const offset = LUMA.reduce((total, weight, c) => total + weight * (MEAN[c] as number), 0);
  const lumaAt = (pixel: number) =>
    LUMA.reduce((total, weight, c) => total + (weight * (frames[3 * pixel + c] as number)) / 255, -offset);
  const grid = size / patch;
  for (let frame = 0; frame < frames.length / (3 * size * size); frame++) {
    for (let cell = 0; cell < grid * grid; cell++) {
      const [top, left] = [Math.floor(cell / grid) * patch, (cell % grid) * patch];
      for (let i = 0; i < patch * patch; i++)
        luma[i] = lumaAt((frame * size + top + Math.floor(i / patch)) * size + left + (i % patch));
      rows.forEach((row, k) => {
        const value = row.reduce((total, weight, i) => total + weight * (luma[i] as number), 0);
        const at = sums[k] as (typeof sums)[number];
        at.count++;
        at.sum += value;
        at.squares += value * value;
      });
    }
  }
  const means = sums.map(({ count, sum }) => sum / count);
  const deviations = sums.map(({ count, squares }, k) =>
    Math.sqrt(squares / count - (means[k] as number) ** 2),
  );
  return { means, deviations };
}

/** Weight [hidden, 3, patch, patch] and bias [hidden]; outputs behind the patch² of the transform are 0. */
export function whitenedPatchEmbedding({ patch, vision }: Shape, { means, deviations }: Measured): Given {
  const weight = new Float32Array(vision.hidden * 3 * patch * patch);
  const bias = new Float32Array(vision.hidden);
  for (const [k, row] of cosineRows(patch).slice(0, vision.hidden).entries()) {
    const deviation = deviations[k] as number;
    bias[k] = -(means[k] as number) / deviation;
    for (let c = 0; c < 3; c++)
      row.forEach((value, i) => {
        const scaled = (value * (LUMA[c] as number) * (DEVIATION[c] as number)) / deviation;
        weight[(k * 3 + c) * patch * patch + i] = scaled;
      });
  }
  return { "vision.patch.weight": weight, "vision.patch.bias": bias };
}
