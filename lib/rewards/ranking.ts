/** Ranking reward: does the answer place its video on the right side of other videos? */
import { z } from "zod";
import { checkOneOf } from "../core/check.js";
import { mean, normalCdf, variance } from "../core/stats.js";
import { type OpponentOptions, opponentKeys, opponentsOf } from "./opponents.js";
import { checkVariant, type DirectReward, direct, type Variant, variantKey, weightKey } from "./reward.js";
import { scoresOf, type Unparsed, unparsedKey, unparsedRule, unscored } from "./unparsed.js";

const TIES = ["zero", "half"] as const;
const VARIANCES = ["population", "unbiased"] as const;

export const rankingSchema = z.strictObject({
  name: z.literal("ranking"),
  weight: weightKey,
  variant: variantKey,
  ...opponentKeys,
  ties: z
    .enum(TIES)
    .optional()
    .describe('What equal targets aim at: "zero" by both indicators (paper), "half" (released).'),
  variance: z
    .enum(VARIANCES)
    .optional()
    .describe('Of the K scores: over K, "population" (paper), or over K - 1, "unbiased" (released).'),
  unparsed: unparsedKey,
});

/** Keeps the variance sum and the square roots away from zero; the public trainer's value. */
const EPSILON = 1e-6;

/** Settings of the pairwise ranking reward. */
export interface RankingOptions extends OpponentOptions {
  variant: Variant;
  /** What two equal targets aim at. Default: "zero" for "paper", whose indicators are both 0; "half" for "released". */
  ties?: (typeof TIES)[number] | undefined;
  /** Estimator of the variance of a video's K scores. Default: "population" for "paper", "unbiased" for "released". */
  variance?: (typeof VARIANCES)[number] | undefined;
  unparsed?: Unparsed | undefined;
}

/**
 * √(p·y + ε) + √((1 − p)(1 − y) + ε), averaged over opponents j, where p = Φ((s_k − m_j) / √(v_i + v_j + ε)) is
 * how surely answer k puts video i above video j, and y says whether it is; in [0.002, 1.001].
 *
 * With y = "zero" of a tie both terms are √ε, about 0. Where a variance has no value, as the unbiased one of a single
 * score, p is ½.
 *
 * @returns 0 for an answer without a score (null by `unparsed: "drop"`); such answers count in no mean. An opponent
 *          without any score is left out; 0 when none is left, as for a video that is alone.
 * @throws {EngineError} E_OPTION for an option that does not fit.
 * @source VQAThinker, pairwise ranking reward (second indicator read as g_i < g_j); fidelity loss as in VisualQuality-R1.
 */
export function rankingReward(options: RankingOptions): DirectReward {
  const variant = checkVariant(options);
  const rule = unparsedRule(variant, options.unparsed);
  const paper = variant === "paper";
  const pick = opponentsOf(variant, options);
  const tie = checkOneOf("ties", options.ties ?? (paper ? "zero" : "half"), TIES) === "half" ? 0.5 : 0;
  const estimator = checkOneOf(
    "variance",
    options.variance ?? (paper ? "population" : "unbiased"),
    VARIANCES,
  );
  const correction = estimator === "unbiased" ? 1 : 0;
  return direct((batch) => {
    const scores = scoresOf(batch, "ranking", rule);
    const known = scores.map((group) => group.filter((score) => score !== null));
    const moments = known.map((group) => ({ mean: mean(group), variance: variance(group, correction) }));
    return batch.videos.map((video, i) => {
      const others = pick(batch, i).filter((j) => (known[j]?.length ?? 0) > 0);
      return (scores[i] ?? []).map((score) => {
        // Without a label of its own there is no order to hold it to.
        if (Number.isNaN(video.target)) return null;
        if (score === null) return unscored(rule);
        if (others.length === 0) return 0;
        return mean(
          others.map((j) => {
            const spread = (moments[i]?.variance ?? 0) + (moments[j]?.variance ?? 0);
            const p = Number.isNaN(spread)
              ? 0.5
              : normalCdf((score - (moments[j]?.mean ?? 0)) / Math.sqrt(spread + EPSILON));
            return fidelity(p, video.target, batch.videos[j]?.target ?? 0, tie);
          }),
        );
      });
    });
  });
}

function fidelity(p: number, target: number, other: number, tie: number): number {
  const above = target > other ? 1 : target < other ? 0 : tie;
  const below = target < other ? 1 : target > other ? 0 : tie;
  return Math.sqrt(p * above + EPSILON) + Math.sqrt((1 - p) * below + EPSILON);
}
