/** The planned frames of a video or a still image as RGB bytes, one at a time. Knows nothing of clips or models. */
import { checkPath } from "../core/check.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { decodeFrames } from "./decode.js";
import { decordFrames } from "./decord-walk.js";
import { type FrameSampling, planFrames } from "./frame-plan.js";
import type { OnFrame } from "./frame-sink.js";
import { probeVideo, type VideoFacts } from "./probe.js";
import { isStill, readStill } from "./still.js";

/** Which frames of a video are taken. */
export interface FramePlan {
  /** F ≥ 1; default: every frame that is shown. */
  readonly frames?: number | undefined;
  /** Which F frames; default "released". */
  readonly sampling?: FrameSampling | undefined;
  readonly signal?: AbortSignal | undefined;
}

const FRAME_PLAN: Names<FramePlan> = { frames: true, sampling: true, signal: true };

/** Chosen frames of an opened video. */
export interface Frames {
  /** Presentation time of each frame [F], seconds from the start of the file's clock. */
  readonly frameTimes: Float64Array;
  /** What must be said of these frames. */
  readonly notice?: string | undefined;
  /**
   * Decodes, and hands over each frame in presentation order; ffmpeg waits while `onFrame` works.
   *
   * @throws {EngineError} E_MEDIA naming the file; whatever `onFrame` throws; the signal's reason after an abort.
   */
  read(onFrame: OnFrame): Promise<void>;
}

/**
 * Probes a file; `read` decodes it. A still image is all frames of the plan, one without a number, at time 0.
 *
 * @throws {EngineError} E_MEDIA naming the file; E_NO_FFMPEG; E_OPTION; the signal's reason after an abort.
 */
export async function openFrames(path: string, plan: FramePlan): Promise<Frames> {
  checkPath("path", path);
  checkOptions(plan, FRAME_PLAN, "plan");
  const { frames, sampling, signal } = plan;
  if (isStill(path)) return stillFrames(path, planFrames(1, frames ?? 1, sampling).length, signal);
  const facts = await probeVideo(path, { signal });
  const { frameCount, times, packets } = facts;
  const numbers =
    frames === undefined
      ? Int32Array.from(times.keys())
      : decordFrames(packets, planFrames(frameCount, frames, sampling));
  return {
    frameTimes: Float64Array.from(numbers, (frame) => times[frame] as number),
    notice: noticeOf(facts),
    read: (onFrame) => decodeFrames(facts, numbers, onFrame, { signal }),
  };
}

function noticeOf({ lost }: VideoFacts): string | undefined {
  if (lost === 0) return undefined;
  const what = lost === 1 ? "1 packet shows" : `${lost} packets show`;
  return `${what} nothing: the video begins, or was joined, between two key frames.`;
}

async function stillFrames(path: string, count: number, signal: AbortSignal | undefined): Promise<Frames> {
  signal?.throwIfAborted();
  const { rgb, width, height } = await readStill(path);
  signal?.throwIfAborted();
  return {
    frameTimes: new Float64Array(count),
    async read(onFrame) {
      for (let position = 0; position < count; position++) await onFrame(position, rgb, width, height);
    },
  };
}
