/** The filters that make RGB of a picture as decord does. Pure: runs nothing. */
import type { VideoFacts } from "./probe.js";

/** decord's filters for each rotation, so that every pixel format is rotated and converted in its order. */
const TURNS = { 0: "", 90: "transpose=1,", 180: "transpose=1,transpose=1,", 270: "transpose=2," } as const;

/** Matrices that decord's swscale converts with; names are ffmpeg's. RGB has none, and untagged pictures are BT.601. */
const MATRICES = new Set("bt709 fcc bt470bg smpte170m smpte240m bt2020nc gbr unknown reserved".split(" "));

/**
 * ffmpeg keeps the output's rate by doubling and dropping frames. Frames that are newly timed, one for each period of a
 * rate so slow that no frame lasts longer, all pass once, in every version of ffmpeg.
 */
export const SECONDS_APART = 100_000;

/**
 * A chain that turns a picture, scales it to the size of the facts and makes it RGB. decord's swscale takes bt2020c for
 * bt2020nc and every other matrix that it does not know (YCgCo, ICtCp, …) for BT.601; newer ones refuse them.
 */
export function toRgb({ width, height, rotation, matrix }: VideoFacts): string {
  const isKnown = matrix === undefined || MATRICES.has(matrix);
  const taken = matrix === "bt2020c" ? "bt2020nc" : "bt470bg";
  const retagged = isKnown ? "" : `setparams=colorspace=${taken},`;
  return `${retagged}${TURNS[rotation]}scale=${width}:${height}:flags=bilinear,format=rgb24`;
}
