/** Threshold reward: is the score near enough? */
import { z } from "zod";
import { checkNumber } from "../core/check.js";
import { type DirectReward, direct, weightKey } from "./reward.js";
import { checkUnparsed, eachScore, type Unparsed, unparsedKey } from "./unparsed.js";

/** Q-Insight's, on a scale from 1 to 5. */
const TAU = 0.35;

export const thresholdSchema = z.strictObject({
  name: z.literal("threshold"),
  weight: weightKey,
  tau: z.number().positive().default(TAU).describe("Distance from the true score, score units. Q-Insight."),
  inclusive: z
    .boolean()
    .default(false)
    .describe("Is a score at the distance itself near enough? Q-Insight: no."),
  unparsed: unparsedKey,
});

/** Settings of the threshold reward. */
export interface ThresholdOptions {
  /** Above 0, in score units; default 0.35. */
  tau?: number | undefined;
  /** Does a score that is τ away earn 1 too? Default false. */
  inclusive?: boolean | undefined;
  /** Default "zero". */
  unparsed?: Unparsed | undefined;
}

/**
 * 1 where |s − g| < τ for score s and target g (≤ τ when inclusive), else 0.
 *
 * @returns 0 for an answer without a score, null by `unparsed: "drop"`, an invented score's by "random".
 * @throws {EngineError} E_OPTION for an option that does not fit.
 * @source Q-Insight, score reward.
 */
export function thresholdReward(options: ThresholdOptions = {}): DirectReward {
  const tau = checkNumber("tau", options.tau ?? TAU, Number.MIN_VALUE);
  const { inclusive = false, unparsed = "zero" } = options;
  checkUnparsed("unparsed", "released", unparsed);
  return direct((batch) =>
    eachScore(batch, "threshold", unparsed, (score, target) => {
      const distance = Math.abs(score - target);
      return distance < tau || (inclusive && distance === tau) ? 1 : 0;
    }),
  );
}
