/** How ffmpeg is told to decode stretches of one file. Pure: runs nothing. */
import { SECONDS_APART, toRgb } from "./picture-filters.js";
import type { VideoFacts } from "./probe.js";
import type { Stretch } from "./seek.js";

/** Pixels of the pictures that decoders hold side by side: each stretch has a decoder of its own. */
const SIDE_BY_SIDE = 2 ** 23;
const MOST_OPENINGS = 16;

/** Stretches that one command decodes. */
export function* batches({ width, height }: VideoFacts, stretches: readonly Stretch[]): Generator<Stretch[]> {
  const size = Math.min(Math.max(Math.floor(SIDE_BY_SIDE / (width * height)), 1), MOST_OPENINGS);
  for (let at = 0; at < stretches.length; at += size) yield stretches.slice(at, at + size);
}

/** Times stay those of the file, and nothing is left out between the key packet and the time that is sought. */
export function seekOptions(seconds: number | null): string[] {
  const seek = ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", seconds?.toFixed(6) ?? ""];
  return ["-copyts", ...(seconds === null ? [] : seek)];
}

/**
 * Picks each frame by its exact time, and adds a line of one colour below it: its place among all frames that are wanted, so
 * that one that does not come is known before the next is taken for it.
 *
 * @param first  place of the first frame.
 * @returns      a graph whose output is [all], frames [height + 1, width, 3].
 */
export function stretchGraph(facts: VideoFacts, stretches: readonly Stretch[], first: number): string {
  const picture = `${toRgb(facts)},setsar=1`;
  const parts: string[] = [];
  let place = first;
  for (const [input, { ticks }] of stretches.entries()) {
    const copies = ticks.map((_, i) => `[c${input}x${i}]`);
    parts.push(`[${input}:${facts.stream}]split=${ticks.length}${copies.join("")}`);
    for (const [i, tick] of ticks.entries()) {
      const colour = place.toString(16).padStart(6, "0");
      parts.push(
        `${copies[i]}trim=start_pts=${tick}:end_pts=${tick + 1},${picture},pad=iw:ih+1:0:0:0x${colour}[f${place}]`,
      );
      place++;
    }
  }
  const all = Array.from({ length: place - first }, (_, i) => `[f${first + i}]`).join("");
  return `sws_flags=bilinear;${parts.join(";")};${all}concat=n=${place - first}:v=1:a=0,settb=1,setpts=${SECONDS_APART}*N[all]`;
}
