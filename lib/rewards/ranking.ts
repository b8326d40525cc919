/** Ranking reward: does the answer place its video on the right side of other videos? */
import { z } from "zod";
import { checkInteger } from "../core/check.js";
import { Draws, streamOf } from "../core/rng.js";
import { mean, normalCdf, variance } from "../core/stats.js";
import {
  checkVariant,
  type DirectReward,
  type RewardBatch,
  scoresOf,
  type Unparsed,
  unparsedKey,
  unparsedRule,
  type Variant,
  variantKey,
} from "./reward.js";

export const rankingSchema = z.strictObject({
  name: z.literal("ranking"),
  variant: variantKey,
  opponents: z
    .union([z.literal("all"), z.int().min(1)])
    .optional()
    .describe('Videos each one is compared with. Default: 1 for "paper", "all" for "released".'),
  unparsed: unparsedKey,
});

/** Keeps the variance sum and the square roots away from zero; the public trainer's value. */
const EPSILON = 1e-6;

/** Settings of the pairwise ranking reward. */
export interface RankingOptions {
  variant: Variant;
  /**
   * How many other videos of the batch each video is compared with, drawn from a named stream, or "all".
   * Default: 1 for "paper" (its formula has one), "all" for "released".
   */
  opponents?: number | "all" | undefined;
  unparsed?: Unparsed | undefined;
}

/**
 * √(p·y + ε) + √((1 − p)(1 − y) + ε), averaged over opponents j, where p = Φ((s_k − m_j) / √(v_i + v_j + ε)) is
 * how surely answer k puts video i above video j, and y says whether it is.
 *
 * Paper: v is the variance of the K scores; equal targets make both indicators 0, so the reward is about 0.
 * Released: v is the unbiased variance; equal targets aim at ½; with K = 1, p is ½.
 *
 * @returns 0 for an answer without a score; such answers count in no mean. An opponent without any score is
 *          left out; 0 when none is left, as for a video that is alone.
 * @source VQAThinker, pairwise ranking reward (second indicator read as g_i < g_j); fidelity loss as in VisualQuality-R1.
 */
export function rankingReward(options: RankingOptions): DirectReward {
  const variant = checkVariant(options);
  const rule = unparsedRule(variant, options.unparsed);
  const opponents = options.opponents ?? (variant === "paper" ? 1 : "all");
  if (opponents !== "all") checkInteger("opponents", opponents, 1);
  return (batch) => {
    const scores = scoresOf(batch, "ranking", rule);
    const known = scores.map((group) => group.filter((score) => score !== null));
    const moments = known.map((group) => ({
      mean: mean(group),
      variance: variance(group, variant === "paper" ? 0 : 1),
    }));
    return batch.videos.map((video, i) => {
      const others = pickOpponents(batch, i, opponents).filter((j) => (known[j]?.length ?? 0) > 0);
      return Float64Array.from(scores[i] ?? [], (score) => {
        if (score === null || others.length === 0) return 0;
        return mean(
          others.map((j) => {
            const spread = (moments[i]?.variance ?? 0) + (moments[j]?.variance ?? 0);
            const p = Number.isNaN(spread)
              ? 0.5
              : normalCdf((score - (moments[j]?.mean ?? 0)) / Math.sqrt(spread + EPSILON));
            return fidelity(p, video.target, batch.videos[j]?.target ?? 0, variant);
          }),
        );
      });
    });
  };
}

function fidelity(p: number, target: number, other: number, variant: Variant): number {
  const tie = variant === "released" ? 0.5 : 0;
  const above = target > other ? 1 : target < other ? 0 : tie;
  const below = target < other ? 1 : target > other ? 0 : tie;
  return Math.sqrt(p * above + EPSILON) + Math.sqrt((1 - p) * below + EPSILON);
}

function pickOpponents(batch: RewardBatch, i: number, opponents: number | "all"): number[] {
  const others = batch.videos.map((_, j) => j).filter((j) => j !== i);
  if (opponents === "all" || opponents >= others.length) return others;
  const draws = new Draws(streamOf("opponents", batch.seed, batch.step, batch.videos[i]?.id ?? ""));
  return Array.from(draws.shuffled(others).subarray(0, opponents));
}
