/** The numbers of make:tiny. Each was chosen on warm-up clips and one in-domain set; nothing here reads a file. */
import type { OptimizerOptions, TrainablePart } from "../../lib/model/types.js";
import type { Distortion } from "../../lib/synthetic/opinion.js";

export interface Phase {
  readonly steps: number;
  readonly batch: number;
  /** Peak; ramps up over `warmUp` steps and falls along a cosine to 2 % of it. */
  readonly learningRate: number;
  readonly warmUp: number;
  readonly optimizer: OptimizerOptions;
  /** Default: of pre-training the encoders and projectors, of supervised answers all but the encoders. */
  readonly trainable?: readonly TrainablePart[];
}

const ADAMW = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decays: "all" } as const;
export const MAX_GRAD_NORM = 1;
export const WARM_UP_CLIPS = 3000;
/** Clips that batch norm and the whitened patches are measured on. */
export const MEASURED_CLIPS = 64;

/** Pooled regression of the five severities and the score: makes both encoders see. */
export const PRE_TRAINING: Phase = {
  steps: 800,
  batch: 32,
  learningRate: 3e-3,
  warmUp: 20,
  optimizer: { ...ADAMW, weightDecay: 0.01 },
};
/** Supervised answers. */
export const SFT: Phase = {
  steps: 500,
  batch: 32,
  learningRate: 2e-3,
  warmUp: 20,
  optimizer: { ...ADAMW, weightDecay: 0.1 },
};
/**
 * What a digit or a judgement weighs in the supervised loss; every other token weighs 1. More makes the answers truer
 * and the form less certain: `tiny-start` is sampled from, so it keeps the form.
 */
export const FINDING_WEIGHT = { tiny: 1.5, "tiny-start": 1 } as const;

/**
 * What the two checkpoints are taught to call the score. `tiny` learns the true one; `tiny-start` one that overlooks
 * all but these distortions, so that it sees well, writes well and rates on the wrong scale.
 */
export const PROXY_DISTORTIONS: readonly Distortion[] = ["blur", "compression"];

/** Learning rate of a step, from 1. */
export function learningRate(phase: Phase, step: number): number {
  const progress = (step - 1) / phase.steps;
  return (
    phase.learningRate * Math.min(1, step / phase.warmUp) * (0.02 + 0.49 * (1 + Math.cos(Math.PI * progress)))
  );
}
