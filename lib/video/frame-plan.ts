/** Which frames of a video are looked at: pure functions of counts. Knows nothing of files or ffmpeg. */
import { checkInteger, checkOneOf, optionError } from "../core/check.js";
import { checkGroups, type Fragments, fragmentsOf, fragmentsPlan } from "./fragments.js";

/** A named plan, or a function of (frameCount, frames) that returns `frames` indices in [0, frameCount). */
export type FrameSampling =
  | "released"
  | "uniform"
  | "fragments"
  | ((frameCount: number, frames: number) => ArrayLike<number>);

/** The plans that have a name. */
export const FRAME_SAMPLINGS = ["released", "uniform", "fragments"] as const satisfies FrameSampling[];

/** @throws {EngineError} E_OPTION for what is neither a known name nor a function. */
export function checkFrameSampling(sampling: FrameSampling): void {
  if (typeof sampling === "function") return;
  if (typeof sampling !== "string")
    throw optionError("sampling", `${FRAME_SAMPLINGS.join(", ")} or a function`, sampling);
  checkOneOf("sampling", sampling, FRAME_SAMPLINGS);
}

/**
 * How the frames of a plan are cut; null where all are whole. "fragments" cuts them, and so does a function where it is said
 * how: it chooses the frames alone.
 *
 * @throws {EngineError} E_OPTION for fragments beside another named plan, and as fragmentsOf.
 */
export function cutOf(
  sampling: FrameSampling = "released",
  fragments?: Partial<Fragments> | undefined,
): Fragments | null {
  checkFrameSampling(sampling);
  if (sampling === "fragments") return fragmentsOf(fragments);
  if (fragments === undefined) return null;
  if (typeof sampling === "function") return fragmentsOf(fragments);
  throw optionError(
    "fragments",
    `none with sampling "${sampling}"`,
    fragments,
    'sampling "fragments" takes them',
  );
}

/**
 * The indices of the frames to decode, in the order in which the model sees them. A frame may come twice
 * when the video is shorter than the plan.
 *
 * @param frameCount  frames in the file, ≥ 1.
 * @param frames      F ≥ 1; of fragments a multiple of their neighbours, and one.
 * @param fragments   how "fragments" are taken, or the frames of a function cut; what it leaves open has the defaults.
 * @returns           [F], each in [0, frameCount).
 * @throws {EngineError} E_OPTION for counts < 1 or that do not fit, and for a function's answer that does not fit.
 */
export function planFrames(
  frameCount: number,
  frames: number,
  sampling: FrameSampling = "released",
  fragments?: Partial<Fragments> | undefined,
): Int32Array {
  checkInteger("frameCount", frameCount, 1);
  checkInteger("frames", frames, 1);
  const cut = cutOf(sampling, fragments);
  if (cut !== null) checkGroups(frames, cut);
  if (typeof sampling !== "function") {
    if (cut !== null) return fragmentsPlan(frameCount, frames, cut);
    return sampling === "uniform" ? uniformPlan(frameCount, frames) : releasedPlan(frameCount, frames);
  }
  const indices = sampling(frameCount, frames);
  checkInteger("sampling(…).length", indices.length, frames, frames);
  for (let i = 0; i < frames; i++) checkInteger(`sampling(…)[${i}]`, indices[i], 0, frameCount - 1);
  return Int32Array.from(indices);
}

/**
 * The public trainer's plan, for training and for test: segment starts rounded half to even, then half a
 * segment on, cut towards zero. The last segment is the one before the last frame, so the last frame of a
 * long video is never taken.
 */
export function releasedPlan(frameCount: number, frames: number): Int32Array {
  const segment = (frameCount - 1) / frames;
  return Int32Array.from({ length: frames }, (_, i) =>
    Math.trunc(segment / 2 + roundHalfToEven(segment * i)),
  );
}

/** The middle frame of each of `frames` equal parts of the video. */
export function uniformPlan(frameCount: number, frames: number): Int32Array {
  return Int32Array.from({ length: frames }, (_, i) => Math.floor(((i + 0.5) * frameCount) / frames));
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
