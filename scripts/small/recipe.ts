/** The numbers of make:small. Nothing here reads a file. */
import { type Phase, PRE_TRAINING, SFT } from "../tiny/recipe.js";

export const CLIPS = 3000;
/** The last clips of the set are not trained on: what the made model is measured on. */
export const MEASURED = 200;

/** Pooled regression of the severities and the score: makes both encoders see. */
export const SEEING: Phase = { ...PRE_TRAINING, steps: 700 };
/** Supervised answers; the vision encoder learns on. */
export const ANSWERS: Phase = {
  ...SFT,
  steps: 500,
  trainable: ["vision", "projector", "motionProjector", "language"],
};
/** What a digit or a judgement weighs in the supervised loss; every other token weighs 1. */
export const FINDING_WEIGHT = 1.5;
