/** How much of a picture's structure an encoder kept. Pure. */
import type { Size } from "./kinds.js";

const BLOCK = 8;
/** (0.01·255)² and (0.03·255)². */
const C1 = 6.5025;
const C2 = 58.5225;

/**
 * Mean structural similarity of two luma planes over their blocks of 8 × 8 pixels; 1 for equal planes.
 *
 * Source: Wang, Bovik, Sheikh, Simoncelli, Image Quality Assessment, IEEE TIP 2004, equation 13, on blocks that do not overlap.
 */
export function blockSsim(a: Uint8Array, b: Uint8Array, { width, height }: Size): number {
  let total = 0;
  let blocks = 0;
  for (let top = 0; top + BLOCK <= height; top += BLOCK)
    for (let left = 0; left + BLOCK <= width; left += BLOCK, blocks++)
      total += similarity(a, b, top * width + left, width);
  return total / blocks;
}

function similarity(a: Uint8Array, b: Uint8Array, from: number, width: number): number {
  let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
  for (let y = 0; y < BLOCK; y++)
    for (let i = from + y * width; i < from + y * width + BLOCK; i++) {
      const [p, q] = [a[i] as number, b[i] as number];
      sa += p;
      sb += q;
      saa += p * p;
      sbb += q * q;
      sab += p * q;
    }
  const n = BLOCK * BLOCK;
  const [ma, mb] = [sa / n, sb / n];
  const [va, vb, cov] = [saa / n - ma * ma, sbb / n - mb * mb, sab / n - ma * mb];
  return ((2 * ma * mb + C1) * (2 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
}

/** BT.601 luma of limited range of RGB bytes. */
export function lumaOf(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: rgb.length / 3 },
    (_, i) =>
      16.5 +
      0.257 * (rgb[3 * i] as number) +
      0.504 * (rgb[3 * i + 1] as number) +
      0.098 * (rgb[3 * i + 2] as number),
  );
}
