/** Which moment of the scene each frame shows: plain time, or freezes that are followed by a jump. Pure. */
import type { Sfc32 } from "./draw.js";
import { FRAMES } from "./geometry.js";

/**
 * Moments of the FRAMES frames, each a whole frame time, never decreasing. A freeze shows one moment
 * `length` + 1 times; the frame after it shows what would be on screen had nothing stopped.
 * Two freezes only when each still spans two of six sampled frames.
 */
export function timeline(rng: Sfc32, repeats: number): Int32Array {
  const moments = Int32Array.from({ length: FRAMES }, (_, i) => i);
  if (repeats === 0) return moments;
  const parts = repeats >= 10 && rng.uniform() < 0.5 ? [repeats >> 1, repeats - (repeats >> 1)] : [repeats];
  const free = FRAMES - parts.length - repeats - 1;
  let from = rng.below(free + 1);
  for (const length of parts) {
    for (let i = 1; i <= length; i++) moments[from + i] = from;
    from += length + 1;
    if (parts.length === 2) from += rng.below(Math.max(1, FRAMES - 1 - from - (parts[1] ?? 0)));
  }
  return moments;
}
