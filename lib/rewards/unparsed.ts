/** What becomes of answers without a score. */
import { z } from "zod";
import { checkOneOf, optionError } from "../core/check.js";
import { Draws, streamOf } from "../core/rng.js";
import type { RewardBatch, Variant } from "./reward.js";

const UNPARSED = ["zero", "random", "drop"] as const;

/**
 * What becomes of an answer without a score. "zero": it earns nothing and counts in no mean. "drop": it is left out of
 * this reward, as null. "random": the public trainer's rule, a random integer from 1 to 5 (here from a named stream).
 */
export type Unparsed = (typeof UNPARSED)[number];

/** The rules that invent nothing, for rewards that read more than a score. */
export type PlainUnparsed = Exclude<Unparsed, "random">;

export const unparsedKey = z
  .enum(UNPARSED)
  .optional()
  .describe(
    'Answers without a score earn "zero", or are left out: "drop"; "random" invents scores as the released trainer.',
  );
export const plainUnparsedKey = z
  .enum(["zero", "drop"])
  .default("zero")
  .describe('Answers that cannot be read earn "zero", or are left out: "drop". Ours.');

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
    throw optionError(option, '"zero" or "drop" with variant "paper"', unparsed, hint);
  }
}

/** Of a reward without variants. @throws {EngineError} E_OPTION. */
export function plainRule(unparsed: PlainUnparsed | undefined): PlainUnparsed {
  return checkOneOf("unparsed", unparsed ?? "zero", ["zero", "drop"] as const);
}

/** What an answer without a score earns. */
export function unscored(rule: Unparsed): 0 | null {
  return rule === "drop" ? null : 0;
}

/**
 * The scores of all videos, null where there is none and none is invented.
 *
 * @param who  name of the reward: each draws its own random scores, as the public trainer does.
 */
export function scoresOf(batch: RewardBatch, who: string, rule: Unparsed): (number | null)[][] {
  return batch.videos.map((video) =>
    video.answers.map(({ score }, sample) => {
      if (score !== null || rule !== "random") return score;
      // An answer to the copy draws another score than its twin.
      const id = batch.ofPerturbed === true ? `${video.id} perturbed` : video.id;
      return 1 + new Draws(streamOf("unparsed", who, batch.seed, batch.step, id, sample)).below(5);
    }),
  );
}

/** A reward of each score by itself. @returns [videos][K]. */
export function eachScore(
  batch: RewardBatch,
  who: string,
  rule: Unparsed,
  earned: (score: number, target: number) => number,
): (number | null)[][] {
  return scoresOf(batch, who, rule).map((scores, i) => {
    const target = batch.videos[i]?.target ?? Number.NaN;
    // There is nothing to hold it against.
    if (Number.isNaN(target)) return scores.map(() => null);
    return scores.map((score) => (score === null ? unscored(rule) : earned(score, target)));
  });
}
