/** Temporal reward: a bonus for scoring the true video at least as well as its perturbed copy. */
import { z } from "zod";
import { checkNumber, optionError } from "../core/check.js";
import { mean } from "../core/stats.js";
import { type RankingOptions, rankingReward } from "./ranking.js";
import { type RegressionOptions, regressionReward } from "./regression.js";
import { checkVariant, type DirectReward, type RewardBatch, type Variant, variantKey } from "./reward.js";

/** The paper's. */
const DELTA = 0.3;

export const temporalSchema = z.strictObject({
  name: z.literal("temporal"),
  variant: variantKey,
  delta: z.number().default(DELTA).describe("Size of each bonus. Paper."),
  rankingThreshold: z.number().optional().describe("Default 0.5. Paper and released."),
  regressionThreshold: z.number().optional().describe("Default 0.5 (paper) or 0.9 (released)."),
});

/** Settings of the temporal consistency reward. */
export interface TemporalOptions {
  variant: Variant;
  /** Size of each bonus; default: the paper's. */
  delta?: number | undefined;
  /** Threshold on the ranking reward; default 0.5 (paper and released). */
  rankingThreshold?: number | undefined;
  /** Threshold on the regression reward; default 0.5 (paper), 0.9 (released). */
  regressionThreshold?: number | undefined;
  /** Numbers of the two rewards that are compared; their variant is this one's. */
  ranking?: Omit<RankingOptions, "variant"> | undefined;
  regression?: Omit<RegressionOptions, "variant"> | undefined;
}

/**
 * The bonus alone: δ for the ranking reward plus δ for the regression reward, each where earned.
 *
 * Paper (equation 8): every answer of a video gets δ when the mean reward of its K answers is at least that of
 * the perturbed copy's and above the threshold. All K get the same, and advantages subtract a group's mean:
 * as printed it cannot teach.
 * Released: when the mean over all answers of the batch is at least that of the perturbed ones, each answer
 * whose own reward is above the threshold gets δ.
 *
 * @throws {EngineError} E_OPTION when a video comes without perturbed answers.
 * @source VQAThinker, temporal consistency reward.
 */
export function temporalReward(options: TemporalOptions): DirectReward {
  const variant = checkVariant(options);
  const delta = checkNumber("delta", options.delta ?? DELTA);
  const parts = [
    {
      reward: rankingReward({ ...options.ranking, variant }),
      threshold: checkNumber("rankingThreshold", options.rankingThreshold ?? 0.5),
    },
    {
      reward: regressionReward({ ...options.regression, variant }),
      threshold: checkNumber(
        "regressionThreshold",
        options.regressionThreshold ?? (variant === "paper" ? 0.5 : 0.9),
      ),
    },
  ];
  return (batch) => {
    const perturbed = perturbedBatch(batch);
    const bonus = batch.videos.map(({ answers }) => new Float64Array(answers.length));
    for (const { reward, threshold } of parts) {
      const own = reward(batch);
      const other = reward(perturbed);
      const batchHolds =
        mean(own.flatMap((group) => [...group])) >= mean(other.flatMap((group) => [...group]));
      own.forEach((group, i) => {
        const groupHolds = mean(group) >= mean(other[i] ?? []) && mean(group) > threshold;
        group.forEach((value, k) => {
          const earned = variant === "paper" ? groupHolds : batchHolds && value > threshold;
          const row = bonus[i];
          if (earned && row !== undefined) row[k] = (row[k] ?? 0) + delta;
        });
      });
    }
    return bonus;
  };
}

function perturbedBatch(batch: RewardBatch): RewardBatch {
  const videos = batch.videos.map(({ id, target, perturbed }) => {
    if (perturbed === undefined || perturbed.length === 0) {
      const hint = "switch the temporal perturbation on";
      throw optionError(`answers to the perturbed copy of ${id}`, "K answers", "none", hint);
    }
    // Its own name, so that an answer without a score draws another random one than its twin.
    return { id: `${id} perturbed`, target, answers: perturbed };
  });
  return { ...batch, videos };
}
