/** Which frames of a video are looked at: pure functions of counts. Knows nothing of files or ffmpeg. */
import { checkInteger, optionError } from "../core/check.js";

/** A named plan, or a function of (frameCount, frames) that returns `frames` indices in [0, frameCount). */
export type FrameSampling =
  | "released"
  | "uniform"
  | ((frameCount: number, frames: number) => ArrayLike<number>);

/**
 * The indices of the frames to decode, in the order in which the model sees them. A frame may come twice
 * when the video is shorter than the plan.
 *
 * @param frameCount  frames in the file, ≥ 1.
 * @param frames      F ≥ 1.
 * @returns           [F], each in [0, frameCount).
 * @throws {EngineError} E_OPTION for counts < 1, and for a function's answer that does not fit.
 */
export function planFrames(
  frameCount: number,
  frames: number,
  sampling: FrameSampling = "released",
): Int32Array {
  checkInteger("frameCount", frameCount, 1);
  checkInteger("frames", frames, 1);
  if (sampling === "released") return releasedPlan(frameCount, frames);
  if (sampling === "uniform") return uniformPlan(frameCount, frames);
  if (typeof sampling !== "function")
    throw optionError("sampling", "released, uniform or a function", sampling);
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
