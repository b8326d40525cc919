/** What a reward is: a function of parsed answers and labels. Knows nothing of models or tokens. */
import { z } from "zod";
import { checkOneOf, optionError } from "../core/check.js";
import { Draws, streamOf } from "../core/rng.js";

/** One answer, as rewards see it. */
export interface Answer {
  text: string;
  /** As parsed; null when the answer holds no score. */
  score: number | null;
}

/** One video of a step with its label and its answers. */
export interface RewardVideo {
  id: string;
  /** The true score, on the scale of the answers. */
  target: number;
  /** K answers to the video. */
  answers: Answer[];
  /** K answers to its temporally perturbed copy. */
  perturbed?: Answer[];
  /** Where the video lies. */
  path?: string | undefined;
  /** As its list writes them: the video, the score, and the scale that it is on. */
  name?: string | undefined;
  scoreText?: string | undefined;
  scale?: { readonly min: number; readonly max: number } | undefined;
  dataset?: string | undefined;
  /** What its list asks about it, and what its list answers to that. */
  question?: string | undefined;
  reply?: string | undefined;
  /** Everything else that its row of the list holds, by name: a class, a second label. */
  fields?: Readonly<Record<string, string | number>> | undefined;
}

/** All answers of a step. */
export interface RewardBatch {
  step: number;
  seed: number;
  videos: RewardVideo[];
}

/**
 * One array of K rewards per video, in the order of the batch; every number is finite. The batch is the reward's own:
 * what it changes there, nobody else sees.
 */
export type Reward = (batch: RewardBatch) => Float64Array[] | Promise<Float64Array[]>;

/** A reward of this package: it answers at once. */
export type DirectReward = (batch: RewardBatch) => Float64Array[];

const VARIANTS = ["paper", "released"] as const;

/** "paper": as the equations are printed. "released": as the public trainer computes it. */
export type Variant = (typeof VARIANTS)[number];

const UNPARSED = ["zero", "random"] as const;

/**
 * What becomes of an answer without a score. "zero": it earns nothing and counts in no mean.
 * "random": the public trainer's rule, a random integer from 1 to 5 (here from a named stream).
 */
export type Unparsed = (typeof UNPARSED)[number];

/** Keys that several rewards have, for their schemas. */
export const variantKey = z
  .enum(VARIANTS)
  .default("paper")
  .describe("As the paper prints it, or as the released trainer computes it.");
export const unparsedKey = z
  .enum(UNPARSED)
  .optional()
  .describe('Answers without a score earn "zero"; "random" is the released trainer\'s rule.');

/** Of a reward's options, which a caller without types may have left out. @throws {EngineError} E_OPTION. */
export function checkVariant(options: { readonly variant?: unknown } | null | undefined): Variant {
  return checkOneOf("variant", options?.variant, VARIANTS);
}

/** The rule for answers without a score: "random" is the released trainer's own, and only its. */
export function unparsedRule(variant: Variant, unparsed: Unparsed | undefined): Unparsed {
  checkUnparsed("unparsed", variant, unparsed);
  return unparsed ?? (variant === "released" ? "random" : "zero");
}

/** @param option  what the user calls it. @throws {EngineError} E_OPTION for a rule that does not go with the variant. */
export function checkUnparsed(option: string, variant: Variant, unparsed: Unparsed | undefined): void {
  if (unparsed !== undefined) checkOneOf(option, unparsed, UNPARSED);
  if (variant === "paper" && unparsed === "random") {
    const hint = "only the released trainer invents scores";
    throw optionError(option, '"zero" with variant "paper"', unparsed, hint);
  }
}

/**
 * The scores of all videos, null where there is none and none is invented.
 *
 * @param who  name of the reward: each draws its own random scores, as the public trainer does.
 */
export function scoresOf(batch: RewardBatch, who: string, rule: Unparsed): (number | null)[][] {
  return batch.videos.map((video) =>
    video.answers.map(({ score }, sample) => {
      if (score !== null || rule === "zero") return score;
      return 1 + new Draws(streamOf("unparsed", who, batch.seed, batch.step, video.id, sample)).below(5);
    }),
  );
}
