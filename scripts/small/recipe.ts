/** The numbers of make:small. Nothing here reads a file. */
import type { OptimizerOptions, TrainablePart } from "../../lib/model/types.js";
import { type Phase, PRE_TRAINING, SFT } from "../tiny/recipe.js";

export const CLIPS = 2970;
/** The last clips of the set are not trained on: what the made model is measured on. */
export const MEASURED = 198;

/** Pooled regression of the severities and the score, by the projectors from what the banks tell. */
export const SEEING: Phase = {
  ...PRE_TRAINING,
  steps: 800,
  batch: 16,
  trainable: ["projector", "motionProjector"],
};
/** Supervised answers; the encoders stay as they are. */
export const ANSWERS: Phase = { ...SFT, steps: 1000, batch: 16 };
/** What a digit or a judgement weighs in the supervised loss; every other token weighs 1. */
export const FINDING_WEIGHT = 2;

/** Training from sampled answers. */
export interface Practice {
  readonly steps: number;
  /** Videos a step. */
  readonly videos: number;
  /** Answers to each. */
  readonly samples: number;
  /** Falls along a line to 0. */
  readonly learningRate: number;
  /** Weight of the divergence from the model that it begins with. */
  readonly beta: number;
  readonly optimizer: OptimizerOptions;
  readonly trainable: readonly TrainablePart[];
}

export const PRACTICE: Practice = {
  steps: 100,
  videos: 16,
  samples: 4,
  learningRate: 5e-5,
  beta: 0.04,
  optimizer: { ...SFT.optimizer, weightDecay: 0 },
  trainable: ["projector", "motionProjector", "language"],
};
