/**
 * A fast pathway whose stem starts with detectors of change: both signs of a pixel's difference from the frame before and from
 * the one after. Whether frames repeat is in differences that are nothing, which filters drawn over five frames seldom show.
 */
import { Sfc32 } from "../../lib/synthetic/draw.js";
import type { Shape } from "../tiny/family.js";
import type { Given } from "../tiny/start.js";
import { LUMA } from "../tiny/whitening.js";

const [TIMES, SIDE] = [5, 7];
const NOW = 2;

/** The stem [channels, 3, 5, 7, 7] of the fast pathway; all but its first four filters are drawn. */
export function changeBank({ motion }: Shape, seed: number): Given {
  const channels = motion.stems.fast;
  const plane = SIDE * SIDE;
  const middle = (plane - 1) / 2;
  const filter = 3 * TIMES * plane;
  const rng = new Sfc32("change bank", seed);
  const deviation = Math.sqrt(2 / (channels * TIMES * plane));
  const weight = Float32Array.from({ length: channels * filter }, () => deviation * rng.normal());
  for (const [channel, [other, sign]] of [
    [NOW - 1, 1],
    [NOW - 1, -1],
    [NOW + 1, 1],
    [NOW + 1, -1],
  ].entries() as IterableIterator<[number, [number, number]]>) {
    weight.fill(0, channel * filter, (channel + 1) * filter);
    for (const [c, luma] of LUMA.entries()) {
      const at = (time: number) => channel * filter + (c * TIMES + time) * plane + middle;
      weight[at(NOW)] = sign * luma;
      weight[at(other)] = -sign * luma;
    }
  }
  return { "motion.0.multipathway_blocks.1.conv.weight": weight };
}
