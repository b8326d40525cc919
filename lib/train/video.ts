/** A video of a training run: its row of the list, with the score on the model's scale. */
import { EngineError } from "../core/errors.js";
import type { ReplyEntry } from "../data/entry.js";

export interface TrainVideo extends Omit<ReplyEntry, "video" | "score"> {
  readonly path: string;
  /** The true score, on the model's scale; null where a list of replies has none. */
  readonly target: number | null;
}

export interface ScoredVideo extends TrainVideo {
  readonly target: number;
}

/** A video of a method that asks for scores: its run refused rows without. */
export function scored(video: TrainVideo): ScoredVideo {
  const { target } = video;
  if (target === null) throw new EngineError("E_INTERNAL", `${video.id} has no score`);
  return { ...video, target };
}
