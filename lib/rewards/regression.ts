/** Regression reward: a bell around the true score. */
import { z } from "zod";
import { checkNumber } from "../core/check.js";
import { checkVariant, type DirectReward, direct, type Variant, variantKey, weightKey } from "./reward.js";
import { eachScore, type Unparsed, unparsedKey, unparsedRule } from "./unparsed.js";

/** The paper's. */
const SIGMA = 0.5;
const ALPHA = 0.8;

export const regressionSchema = z.strictObject({
  name: z.literal("regression"),
  weight: weightKey,
  variant: variantKey,
  sigma: z.number().positive().default(SIGMA).describe("Width of the bell, score units. Paper."),
  alpha: z
    .number()
    .positive()
    .default(ALPHA)
    .describe("Scale (paper) or penalty of coarse numbers (released). Paper."),
  unparsed: unparsedKey,
});

/** Settings of the regression reward. */
export interface RegressionOptions {
  variant: Variant;
  /** Width of the bell, in score units; default: the paper's. */
  sigma?: number | undefined;
  /** Default: the paper's. Paper: scales every reward. Released: only those with fewer than two decimals. */
  alpha?: number | undefined;
  unparsed?: Unparsed | undefined;
}

/**
 * α·exp(−(s − g)² / 2σ²) for score s and target g; in [0, α]. In the released variant α is 1 unless the number, written
 * as briefly as possible, has fewer than two decimals: 3.25 keeps 1; 3.5, 3.50 and 4 get α.
 *
 * @returns 0 for an answer without a score, null by `unparsed: "drop"`, an invented score's by "random".
 * @throws {EngineError} E_OPTION for an option that does not fit.
 * @source VQAThinker, bell-shaped regression reward.
 */
export function regressionReward(options: RegressionOptions): DirectReward {
  const variant = checkVariant(options);
  const sigma = checkNumber("sigma", options.sigma ?? SIGMA, Number.MIN_VALUE);
  const alpha = checkNumber("alpha", options.alpha ?? ALPHA, 0);
  const rule = unparsedRule(variant, options.unparsed);
  return direct((batch) =>
    eachScore(batch, "regression", rule, (score, target) => {
      const bell = Math.exp(-((score - target) ** 2) / (2 * sigma * sigma));
      return variant === "paper" || decimals(score) < 2 ? alpha * bell : bell;
    }),
  );
}

function decimals(score: number): number {
  const text = String(score);
  const dot = text.indexOf(".");
  return dot < 0 ? 0 : text.length - dot - 1;
}
