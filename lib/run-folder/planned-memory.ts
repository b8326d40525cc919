/** What a run is planned to take of memory, as its beginning tells it. */

/** Bytes, by what they are for. Those on a card lie there, but for `clips` and `process`, which it has beside the host's. */
export interface PlannedMemory {
  readonly device: "cpu" | "cuda";
  /** Values that train, of all values of the model, adapters included. */
  readonly trainedValues: number;
  readonly values: number;
  /** Linear layers with adapters, by the part that they are of; null in a run without. */
  readonly adapted: { readonly vision: number; readonly projector: number; readonly language: number } | null;
  /** Adapters included. */
  readonly weights: number;
  /** Of the frozen copy for the KL term, and of a second model that answers. */
  readonly reference: number;
  readonly gradients: number;
  /** Float32 masters beside bfloat16 weights. */
  readonly masters: number;
  /** The optimiser's. */
  readonly moments: number;
  /** What frozen encoders keep of clips that they have seen. */
  readonly features: number;
  /** Decoded frames. */
  readonly clips: number;
  /** Node, the addon and libtorch; on a card what CUDA and its libraries take there. */
  readonly process: number;
  /** While answers are sampled: caches and activations. 0 for a run that samples none. */
  readonly rollout: number;
  /** The same while an evaluation samples. */
  readonly evaluation: number;
  /** While an update is made: activations of its widest micro-batch. */
  readonly update: number;
  /** When it is that the run takes most. */
  readonly widest: "rollout" | "evaluation" | "update";
  /** Of the device at that moment; on the CPU of the process. */
  readonly peakBytes: number;
  /** Of the process's own memory; on the CPU the same. */
  readonly hostBytes: number;
  /** That the run may take of the device; null where nothing bounds it. */
  readonly availableBytes: number | null;
  /** Most rows in a micro-batch, and most videos. */
  readonly microTokens: number;
  readonly microVideos: number;
}
