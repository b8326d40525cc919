/** Relative reward: the distance from the true score as a part of it. */
import { z } from "zod";
import { answerObject } from "../core/answer-blocks.js";
import { optionError } from "../core/check.js";
import { decimalNumber } from "../core/decimal.js";
import { mean } from "../core/stats.js";
import { type Answer, type DirectReward, direct, type RewardVideo, weightKey } from "./reward.js";
import { checkUnparsed, eachScore, type Unparsed, unparsedKey, unscored } from "./unparsed.js";

export const relativeSchema = z.strictObject({
  name: z.literal("relative"),
  weight: weightKey,
  keys: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("Scores of a flat JSON answer, whose labels are columns of the same names. VQ-Insight."),
  unparsed: unparsedKey,
});

/** Settings of the relative reward. */
export interface RelativeOptions {
  /** Scores under these names of a flat JSON answer, each against the field of its name; default: the answer's one score against the target. */
  keys?: readonly string[] | undefined;
  /** Default "zero"; "random" only without keys. */
  unparsed?: Unparsed | undefined;
}

/**
 * 1 − min(1, |s − g| / |g|) for score s and target g, in [0, 1]: the same miss costs more where the target is low. With a
 * target of 0 it is 1 for 0 and else 0. With keys it is the mean over them.
 *
 * @returns for an answer without a score, or without one of the keys, 0, null by `unparsed: "drop"`, an invented score's by
 *          "random"; null for every answer to a video whose row lacks a number for a key.
 * @throws {EngineError} E_OPTION for an option that does not fit.
 * @source VQ-Insight, score reward, on a scale from 0 to 100.
 */
export function relativeReward(options: RelativeOptions = {}): DirectReward {
  const { keys, unparsed = "zero" } = options;
  checkUnparsed("unparsed", "released", unparsed);
  if (keys === undefined) return direct((batch) => eachScore(batch, "relative", unparsed, nearness));
  if (!Array.isArray(keys) || keys.length === 0) throw optionError("keys", "at least one name", keys);
  if (unparsed === "random")
    throw optionError(
      "unparsed",
      '"zero" or "drop" with keys',
      unparsed,
      "only a single score is ever invented",
    );
  return direct(({ videos }) =>
    videos.map((video) => {
      const targets = labels(video, keys);
      if (targets === null) return video.answers.map(() => null);
      return video.answers.map((answer) => {
        const scores = writtenUnder(answer, keys);
        return scores === null
          ? unscored(unparsed)
          : mean(scores.map((score, i) => nearness(score, targets[i] ?? Number.NaN)));
      });
    }),
  );
}

function nearness(score: number, target: number): number {
  const distance = Math.abs(score - target);
  return distance === 0 ? 1 : 1 - Math.min(1, distance / Math.abs(target));
}

function labels({ fields = {} }: RewardVideo, keys: readonly string[]): number[] | null {
  return allNumbers(keys.map((key) => fields[key]));
}

function writtenUnder({ text }: Answer, keys: readonly string[]): number[] | null {
  const object = answerObject(text);
  return object === null ? null : allNumbers(keys.map((key) => object.get(key)));
}

function allNumbers(values: readonly unknown[]): number[] | null {
  const numbers = values.map((value) => (typeof value === "string" ? decimalNumber(value.trim()) : value));
  return numbers.every((value) => typeof value === "number" && Number.isFinite(value))
    ? (numbers as number[])
    : null;
}
