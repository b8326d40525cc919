/** What a reward is: a function of parsed answers and labels. Knows nothing of models or tokens. */
import { z } from "zod";
import { checkNumber, checkOneOf } from "../core/check.js";

/** One answer, as rewards see it. */
export interface Answer {
  text: string;
  /** As parsed; null when the answer holds no score. */
  score: number | null;
  /** How many the model wrote, the end token included; a run gives them. */
  tokens?: number | undefined;
}

/** One video of a step with its label and its answers. */
export interface RewardVideo {
  id: string;
  /** The true score, on the scale of the answers; NaN where its row has none. */
  target: number;
  /** K answers to the video. */
  answers: Answer[];
  /** Answers to its temporally perturbed copy. */
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
  /** true where `answers` are those to the perturbed copies, as the temporal reward asks the rewards that it compares. */
  ofPerturbed?: boolean | undefined;
}

/** What a reward gives the K answers of one video: finite numbers, and null for each answer that it cannot judge. */
export type RewardValues = ArrayLike<number | null>;

/**
 * One list of K values per video, in the order of the batch. An answer whose value is null is left out of this reward,
 * and one that every reward leaves out is left out of its group. The batch is the reward's own: what it changes there,
 * nobody else sees. `weight` is its factor in the sum, 1 where it says none.
 */
export type Reward = ((batch: RewardBatch) => readonly RewardValues[] | Promise<readonly RewardValues[]>) & {
  readonly weight?: number | undefined;
};

/** A reward of this package: it answers at once. */
export type DirectReward = ((batch: RewardBatch) => (number | null)[][]) & {
  readonly weight?: number | undefined;
};

const VARIANTS = ["paper", "released"] as const;

/** "paper": as the equations are printed. "released": as the public trainer computes it. */
export type Variant = (typeof VARIANTS)[number];

/** Keys that several rewards have, for their schemas. */
export const variantKey = z
  .enum(VARIANTS)
  .default("paper")
  .describe("As the paper prints it, or as the released trainer computes it.");
export const weightKey = z.number().default(1).describe("Factor of the reward in the sum. Paper: 1.");

/** Of a reward's options, which a caller without types may have left out. @throws {EngineError} E_OPTION. */
export function checkVariant(options: { readonly variant?: unknown } | null | undefined): Variant {
  return checkOneOf("variant", options?.variant, VARIANTS);
}

/** Rewards that are known to answer at once. */
const DIRECT = new WeakSet<Reward>();

/** Marks a reward of this package, which needs no time limit. */
export function direct(reward: DirectReward): DirectReward {
  DIRECT.add(reward);
  return reward;
}

export function isDirect(reward: Reward): boolean {
  return DIRECT.has(reward);
}

/** An `async` function: it comes back at its first wait. */
export function isAsync(reward: Reward): boolean {
  return Object.prototype.toString.call(reward) === "[object AsyncFunction]";
}

/**
 * The same reward with another factor in the sum; 0 measures it and lets it teach nothing. Its values stay as they are.
 *
 * @param weight  finite.
 * @throws {EngineError} E_OPTION for what is no finite number.
 */
export function weighted<R extends Reward>(reward: R, weight: number): R {
  checkNumber("weight", weight, -Number.MAX_VALUE, Number.MAX_VALUE);
  const same = isAsync(reward)
    ? async (batch: RewardBatch) => reward(batch)
    : (batch: RewardBatch) => reward(batch);
  if (isDirect(reward)) DIRECT.add(same);
  return Object.assign(same, { weight }) as unknown as R;
}
