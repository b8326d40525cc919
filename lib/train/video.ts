/** A video of a training run: its row of the list, with the score on the model's scale. */
import type { ManifestEntry } from "../data/entry.js";

export interface TrainVideo extends Omit<ManifestEntry, "video" | "score"> {
  readonly path: string;
  /** The true score, on the model's scale. */
  readonly target: number;
}
