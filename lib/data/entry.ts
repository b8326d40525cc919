/** A row of a list of videos, whichever format it was written in. */
import type { Scale } from "./scale.js";

/** One row of a list of videos. */
export interface ManifestEntry {
  /** Unique in the list; the video as written where no id is given. */
  readonly id: string;
  /** Absolute path. */
  readonly video: string;
  /** The video as the list writes it. */
  readonly name?: string | undefined;
  /** As the list has it, times the label scale. */
  readonly score: number;
  /** The score as the list writes it, where it is text there and not multiplied: "3.50" says more than 3.5. */
  readonly scoreText?: string | undefined;
  readonly dataset?: string | undefined;
  /** The scale that the score is on, when the line says it; times the label scale too. */
  readonly scale?: Scale | undefined;
  /** What the list asks about the video, without its `<image>` marks. */
  readonly question?: string | undefined;
  /** What the list has answered about the video, as it is written; none where a training list's answer is a bare number. */
  readonly reply?: string | undefined;
  /** Columns and keys of other names, texts and numbers as the list has them; whatever else stands there is left out. */
  readonly fields?: Readonly<Record<string, string | number>> | undefined;
}

/** A row of a list whose replies or other labels count too: it may have no score. */
export interface ReplyEntry extends Omit<ManifestEntry, "score"> {
  /** null where the list has none. */
  readonly score: number | null;
}

/**
 * What every row of a list must have: "scores"; or what a method finds in them, "replies" and their scores, if any; or "labels",
 * of which a score is one that may be missing.
 */
export type Labels = "scores" | "replies" | "labels";
