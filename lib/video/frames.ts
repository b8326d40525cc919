/** The planned frames of a video or a still image as RGB bytes, one at a time. Knows nothing of clips or models. */
import { checkPath } from "../core/check.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { decodeFrames } from "./decode.js";
import { decordFrames } from "./decord-walk.js";
import type { Fragments } from "./fragments.js";
import { cutOf, type FrameSampling, planFrames } from "./frame-plan.js";
import type { OnFrame } from "./frame-sink.js";
import { probeVideo, type VideoFacts } from "./probe.js";
import { isStill, readStill } from "./still.js";

/** Which frames of a video are taken. */
export interface FramePlan {
  /** F ≥ 1; default: every frame that is shown. */
  readonly frames?: number | undefined;
  /** Which F frames; default "released". */
  readonly sampling?: FrameSampling | undefined;
  /**
   * How the fragments of sampling "fragments" are taken, or the frames that a function chooses cut as such; default: patches of
   * 32, 4 neighbours, seed 0. Frames that are not made a clip come whole.
   */
  readonly fragments?: Partial<Fragments> | undefined;
  readonly signal?: AbortSignal | undefined;
}

const FRAME_PLAN: Names<FramePlan> = { frames: true, sampling: true, fragments: true, signal: true };

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
  const { frames, signal } = plan;
  if (isStill(path)) {
    const count = frames === undefined ? 1 : planFrames(1, frames, plan.sampling, plan.fragments).length;
    return stillFrames(path, count, signal);
  }
  const facts = await probeVideo(path, { signal });
  const { times } = facts;
  const numbers = frames === undefined ? Int32Array.from(times.keys()) : framesOf(facts, { ...plan, frames });
  return {
    frameTimes: Float64Array.from(numbers, (frame) => times[frame] as number),
    notice: noticeOf(facts),
    read: (onFrame) => decodeFrames(facts, numbers, onFrame, { signal }),
  };
}

/**
 * Numbers of shown frames. decord's numbers are not always those of frames that follow each other, and it knows no fragments:
 * what is cut is counted in presentation order.
 */
function framesOf(
  { frameCount, times, packets }: VideoFacts,
  { frames, sampling, fragments }: FramePlan & { readonly frames: number },
): Int32Array {
  if (cutOf(sampling, fragments) !== null) return planFrames(times.length, frames, sampling, fragments);
  return decordFrames(packets, planFrames(frameCount, frames, sampling));
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
