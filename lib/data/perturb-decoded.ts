/**
 * Temporal perturbations of the file's own frames: which ones the twin of a clip has instead of the clip's. Knows nothing
 * of pixels or ffmpeg.
 */
import { checkInteger, checkOneOf } from "../core/check.js";
import { Draws } from "../core/rng.js";

/** Perturbations that decode other frames than the clip's: the picture stands still for a while, or a part is cut out. */
export const DECODED_MODES = ["freeze", "skip"] as const;
/** One of DECODED_MODES. */
export type DecodedMode = (typeof DECODED_MODES)[number];

/**
 * The frames of the twin.
 *
 * @param chosen      [F] frames of the file that the clip has, each in [0, frameCount).
 * @param frameCount  frames of the file, ≥ 1.
 * @returns           [F], each in [0, frameCount).
 */
export type DecodedPlan = (chosen: Int32Array, frameCount: number) => ArrayLike<number>;

export function isDecodedMode(mode: string): mode is DecodedMode {
  return DECODED_MODES.some((known) => known === mode);
}

/**
 * "freeze": from a drawn frame on, a quarter to a half of the video shows that frame, then it goes on where it would be;
 * "skip": a quarter to a half of the video is left out from a drawn frame on, and the last frame stands at the end. A video
 * that is too short for a part has one frame frozen or left out; one of a single frame stays as it is.
 *
 * @param stream  equal streams give equal plans.
 * @source VQAThinker names frame repetition and frame dropping; lengths are ours.
 */
export function decodedPerturbation(mode: DecodedMode, stream: bigint): DecodedPlan {
  return decodedPlan(checkOneOf("mode", mode, DECODED_MODES), new Draws(stream));
}

/** By three more draws. */
export function decodedPlan(mode: DecodedMode, draws: Draws): DecodedPlan {
  // Drawn now, in parts of a video whose length is not known yet: calling the plan twice gives the same.
  const [length, place] = [0.25 + draws.below(GRAIN) / GRAIN / 4, draws.below(GRAIN) / GRAIN];
  return (chosen, frameCount) => {
    checkInteger("frameCount", frameCount, 1);
    const part = Math.min(Math.max(1, Math.round(length * frameCount)), frameCount - 1);
    const start = Math.floor(place * (frameCount - part));
    return chosen.map((frame) => MOVES[mode](frame, start, part, frameCount - 1));
  };
}

/** Of these parts of a video a length or a place is drawn. */
const GRAIN = 1 << 20;

const MOVES: Readonly<
  Record<DecodedMode, (frame: number, start: number, part: number, last: number) => number>
> = {
  freeze: (frame, start, part) => (frame >= start && frame <= start + part ? start : frame),
  skip: (frame, start, part, last) => (frame < start ? frame : Math.min(frame + part, last)),
};
