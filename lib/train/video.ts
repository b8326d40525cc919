/** A video of a training run: its row of the list, with the score on the model's scale. */
import type { ReplyEntry } from "../data/entry.js";

export interface TrainVideo extends Omit<ReplyEntry, "video" | "score"> {
  readonly path: string;
  /** The true score, on the model's scale; null where a list of replies has none. */
  readonly target: number | null;
}

export interface ScoredVideo extends TrainVideo {
  readonly target: number;
}

/** A video whose answers are judged; NaN is the target of one without a score. */
export function scored(video: TrainVideo): ScoredVideo {
  return { ...video, target: video.target ?? Number.NaN };
}
