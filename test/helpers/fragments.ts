/** Where patches lie, read off a frame whose pixels are their own places, and a mosaic cut by that, one byte at a time. */
import { type Fragments, mosaic } from "../../lib/video/fragments.js";

export interface Place {
  readonly left: number;
  readonly top: number;
}

/** Pixels that name their column and their row, each below 4096: 12 bits of each in three bytes. */
export function coordinates(width: number, height: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rgb.set([x & 255, y & 255, (x >> 8) | ((y >> 8) << 4)], (y * width + x) * 3);
  return rgb;
}

/** The place that a pixel of a mosaic of coordinates is from. */
export function placeAt(rgb: Uint8Array, pixel: number): Place {
  const [x = 0, y = 0, high = 0] = rgb.subarray(pixel * 3, pixel * 3 + 3);
  return { left: x | ((high & 15) << 8), top: y | ((high >> 4) << 8) };
}

/** [patches], in the order of the grid. */
export function placesOf(
  width: number,
  height: number,
  size: number,
  group: number,
  fragments: Fragments,
): Place[] {
  const { rgb } = mosaic({ rgb: coordinates(width, height), width, height }, size, group, fragments);
  const cells = size / fragments.patch;
  return Array.from({ length: cells * cells }, (_, i) => {
    const [down, across] = [Math.floor(i / cells), i % cells];
    return placeAt(rgb, (down * size + across) * fragments.patch);
  });
}

/** Bytes [size, size, 3] of patches at these places. */
export function cutAt(
  rgb: Uint8Array,
  width: number,
  size: number,
  patch: number,
  places: readonly Place[],
): Uint8Array {
  const cells = size / patch;
  return Uint8Array.from({ length: size * size * 3 }, (_, i) => {
    const [y, x, c] = [Math.floor(i / 3 / size), Math.floor(i / 3) % size, i % 3];
    const { left, top } = places[Math.floor(y / patch) * cells + Math.floor(x / patch)] as Place;
    return rgb[((top + (y % patch)) * width + left + (x % patch)) * 3 + c] as number;
  });
}
