/** A measure of decoded frames as a scorer. Knows no clip and no model, and so needs no libtorch. */
import { type FramePlan, type Frames, openFrames } from "../video/frames.js";
import type { Judgement, OpenedVideo, Scorer } from "./scorer.js";

/** A judgement, with what must be said of its video. */
export interface MeasuredFrames extends Judgement {
  readonly notice?: string | undefined;
}

/** The frames of one video, and the signal of who asked for them. */
export interface GivenFrames extends Frames {
  readonly signal?: AbortSignal | undefined;
}

/** A measure without weights. */
export interface FrameMeasure extends Pick<Scorer, "scale" | "notice"> {
  /** The frames that it looks at; default: every one. */
  readonly plan?: Omit<FramePlan, "signal"> | undefined;
  /**
   * Judges one video by reading its frames, once.
   *
   * @param path  as it was given, for messages.
   * @throws {EngineError} E_MEDIA or E_NUMERIC when this video cannot be measured, which is its own failure.
   */
  score(frames: GivenFrames, path: string): Promise<MeasuredFrames>;
}

export interface MeasuredVideo extends OpenedVideo {
  readonly judgement: Judgement;
}

/** A frame lives until the next one comes, so a video is measured while it is opened and nothing of it is held. */
export function frameScorer(measure: FrameMeasure): Scorer<MeasuredVideo> {
  const { scale, plan } = measure;
  return {
    scale,
    notice: measure.notice,
    async open(path, signal) {
      const frames = await openFrames(path, { ...plan, signal });
      const { notice: ofMeasure, ...judgement } = await measure.score({ ...frames, signal }, path);
      const notices = [frames.notice, ofMeasure].filter((one) => one !== undefined);
      const notice = notices.length > 0 ? notices.join(" ") : undefined;
      return { frameTimes: frames.frameTimes, notice, judgement, dispose: () => {} };
    },
    score: async (videos) => videos.map(({ judgement }) => judgement),
  };
}
