/** A row of a list of videos, whichever format it was written in. */
import type { Scale } from "./scale.js";

export interface ManifestEntry {
  /** Unique in the list; the video as written where no id is given. */
  readonly id: string;
  /** Absolute path. */
  readonly video: string;
  /** The video as the list writes it. */
  readonly name?: string;
  /** As the list has it, times the label scale. */
  readonly score: number;
  /** The score as the list writes it, where it is text there and not multiplied: "3.50" says more than 3.5. */
  readonly scoreText?: string;
  readonly dataset?: string;
  /** The scale that the score is on, when the line says it; times the label scale too. */
  readonly scale?: Scale;
  /** What a training list asks about the video, without its `<image>` marks. */
  readonly question?: string;
  /** What a training list answers to that, as it stands there. */
  readonly reply?: string | undefined;
  /** Everything else that the row holds, by name. */
  readonly fields?: Readonly<Record<string, string | number>> | undefined;
}
