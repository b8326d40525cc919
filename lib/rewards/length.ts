/** Length reward: a bonus for right answers that are neither short nor long. */
import { z } from "zod";
import { checkInteger, checkNumber, optionError } from "../core/check.js";
import { relativeReward } from "./relative.js";
import { type DirectReward, direct, weightKey } from "./reward.js";

/** VQ-Insight's. */
const BONUS = 0.2;
const TOKENS = { min: 320, max: 512 };
const ABOVE = 0.1;
const AT_LEAST = 2;

export const lengthSchema = z.strictObject({
  name: z.literal("length"),
  weight: weightKey,
  bonus: z.number().default(BONUS).describe("VQ-Insight."),
  minTokens: z.int().min(0).default(TOKENS.min).describe("Fewest tokens of an answer. VQ-Insight."),
  maxTokens: z.int().min(1).default(TOKENS.max).describe("Most tokens of an answer. VQ-Insight."),
  of: z
    .enum(["relative", "regression", "threshold"])
    .default("relative")
    .describe(
      "The reward that says which answers are right, with its options in this run. VQ-Insight: relative.",
    ),
  above: z.number().default(ABOVE).describe("Right answers earn more than this of it. VQ-Insight."),
  atLeast: z.int().min(1).default(AT_LEAST).describe("Fewest right answers of a video. VQ-Insight."),
});

/** Settings of the length reward; the defaults are VQ-Insight's. */
export interface LengthOptions {
  /** Default 0.2. */
  bonus?: number | undefined;
  /** Default 320 to 512, both ends within. */
  minTokens?: number | undefined;
  maxTokens?: number | undefined;
  /** The reward that says which answers are right; default: the relative one. */
  of?: DirectReward | undefined;
  /** Right answers earn more than this of it; default 0.1. */
  above?: number | undefined;
  /** Default 2. */
  atLeast?: number | undefined;
}

/**
 * The bonus for every right answer of `minTokens` to `maxTokens` tokens, where at least `atLeast` answers to its video are
 * right; else 0, and null where the other reward leaves the answer out. Right is what earns more than `above` of it.
 *
 * @throws {EngineError} E_OPTION for an option that does not fit, and for answers that come without their tokens' number.
 * @source VQ-Insight, length control.
 */
export function lengthReward(options: LengthOptions = {}): DirectReward {
  const { of: judge = relativeReward() } = options;
  const bonus = checkNumber("bonus", options.bonus ?? BONUS);
  const above = checkNumber("above", options.above ?? ABOVE);
  const atLeast = checkInteger("atLeast", options.atLeast ?? AT_LEAST, 1);
  const min = checkInteger("minTokens", options.minTokens ?? TOKENS.min, 0);
  const max = checkInteger("maxTokens", options.maxTokens ?? TOKENS.max, min);
  return direct((batch) => {
    const earned = judge(batch);
    return batch.videos.map(({ id, answers }, i) => {
      const right = answers.map((_, k) => (earned[i]?.[k] ?? Number.NaN) > above);
      const enough = right.filter(Boolean).length >= atLeast;
      return answers.map(({ tokens }, k) => {
        if (tokens === undefined)
          throw optionError(`answers[${k}].tokens of ${id}`, "how many it has", tokens);
        if (earned[i]?.[k] === null) return null;
        return enough && right[k] === true && tokens >= min && tokens <= max ? bonus : 0;
      });
    });
  });
}
