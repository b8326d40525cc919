/** A measure of decoded frames as a scorer. Knows no clip and no model, and so needs no libtorch. */
import { type FramePlan, type Frames, openFrames } from "../video/frames.js";
import type { Judgement, OpenedVideo, Scorer } from "./scorer.js";

/** A measure without weights. */
export interface FrameMeasure extends Pick<Scorer, "scale" | "notice"> {
  /** The frames that it looks at; default: every one. */
  readonly plan?: Omit<FramePlan, "signal"> | undefined;
  /** Judges one video by reading its frames, once. */
  score(frames: Frames): Promise<Judgement>;
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
      const { frameTimes, notice } = frames;
      return { frameTimes, notice, judgement: await measure.score(frames), dispose: () => {} };
    },
    score: async (videos) => videos.map(({ judgement }) => judgement),
  };
}
