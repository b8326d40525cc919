/** Where results are kept as they come, so that scoring can go on from there. An interface only. */
import type { VideoScore } from "./video-score.js";

/** A result and its video's place, from 0, in what is scored. */
export interface PlacedScore {
  readonly place: number;
  readonly result: VideoScore;
}

/** Results that are kept as they come, so that a scoring that was ended goes on. */
export interface Journal {
  /** What was said of the video at this place before; undefined when it is to be scored. Asked once for each. */
  known(place: number): VideoScore | undefined;
  /** The new results of a batch, failed ones among them, before the first of them is handed on. */
  keep(results: readonly PlacedScore[]): void | Promise<void>;
}
