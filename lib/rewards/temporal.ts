/** Temporal reward: a bonus for scoring the true video at least as well as its perturbed copy. */
import { z } from "zod";
import { checkInteger, checkNumber, checkOneOf, optionError } from "../core/check.js";
import { mean } from "../core/stats.js";
import { blockOf } from "./opponents.js";
import { type RankingOptions, rankingReward } from "./ranking.js";
import { type RegressionOptions, regressionReward } from "./regression.js";
import {
  checkVariant,
  type DirectReward,
  direct,
  type RewardBatch,
  type Variant,
  variantKey,
  weightKey,
} from "./reward.js";

/** The paper's. */
const DELTA = 0.3;
const GATES = ["video", "answer"] as const;
const POOLS = ["video", "step"] as const;
type Pool = (typeof POOLS)[number] | number;
const COMPARED = ["ranking", "regression", "relative"] as const;

export const temporalSchema = z.strictObject({
  name: z.literal("temporal"),
  weight: weightKey,
  variant: variantKey,
  delta: z.number().default(DELTA).describe("Size of each bonus. Paper."),
  of: z
    .array(z.enum(COMPARED))
    .min(1)
    .default(["ranking", "regression"])
    .describe("Rewards that are compared, with their options in this run. Paper; VQ-Insight: relative."),
  gate: z
    .enum(GATES)
    .optional()
    .describe("Whose reward the threshold is for: the video's mean (paper) or each answer's own (released)."),
  pool: z
    .union([z.enum(POOLS), z.int().min(2)])
    .optional()
    .describe(
      "Over what the two means are taken: each video (paper), the step, or blocks of so many videos (released: 2).",
    ),
  factor: z
    .number()
    .min(0)
    .default(1)
    .describe("The mean is at least so many times the perturbed one. Paper; VQ-Insight: 0.8."),
  rankingThreshold: z.number().optional().describe("Default 0.5. Paper and released."),
  regressionThreshold: z.number().optional().describe("Default 0.5 (paper) or 0.9 (released)."),
  relativeThreshold: z.number().optional().describe("Default 0.1. VQ-Insight."),
});

/** A reward that is compared between a video and its perturbed copy. */
export interface Compared {
  readonly reward: DirectReward;
  /** A bonus needs more than this. */
  readonly threshold: number;
}

/** Settings of the temporal consistency reward. */
export interface TemporalOptions {
  variant: Variant;
  /** Size of each bonus; default: the paper's. */
  delta?: number | undefined;
  /**
   * Whose reward has to be above the threshold: the mean of the video, so that all its answers get the bonus or none, or
   * each answer's own. Default: "video" for "paper", "answer" for "released".
   */
  gate?: (typeof GATES)[number] | undefined;
  /**
   * Over which answers the two means are taken: those of each video, of the whole step, or of blocks of so many videos in
   * the step's order. Default: "video" for "paper", "step" for "released".
   */
  pool?: Pool | undefined;
  /** The mean has to be at least so many times that of the perturbed copies; at least 0, default 1. */
  factor?: number | undefined;
  /** Threshold on the ranking reward; default 0.5 (paper and released). */
  rankingThreshold?: number | undefined;
  /** Threshold on the regression reward; default 0.5 (paper), 0.9 (released). */
  regressionThreshold?: number | undefined;
  /** Numbers of the two rewards that are compared; their variant is this one's. */
  ranking?: Omit<RankingOptions, "variant"> | undefined;
  regression?: Omit<RegressionOptions, "variant"> | undefined;
  /** Instead of those two. */
  compared?: readonly Compared[] | undefined;
}

/**
 * The bonus alone: δ for each compared reward, ranking and regression by default, where it is earned.
 *
 * Paper (equation 8): every answer of a video gets δ when the mean reward of its K answers is at least that of
 * the perturbed copy's and above the threshold. All K get the same, and advantages subtract a group's mean:
 * as printed it cannot teach.
 * Released: when the mean over all answers of the step is at least that of the perturbed ones, each answer
 * whose own reward is above the threshold gets δ.
 *
 * @returns null for an answer that every compared reward leaves out, by gate "video" where they leave out all answers of its
 *   video; else a sum of δ.
 * @throws {EngineError} E_OPTION when a video comes without perturbed answers, and for an option that does not fit.
 * @source VQAThinker, temporal consistency reward; VQ-Insight with gate "answer", factor 0.8 and the relative reward.
 */
export function temporalReward(options: TemporalOptions): DirectReward {
  const variant = checkVariant(options);
  const paper = variant === "paper";
  const delta = checkNumber("delta", options.delta ?? DELTA);
  const factor = checkNumber("factor", options.factor ?? 1, 0);
  const gate = checkOneOf("gate", gateOf(options), GATES);
  const pool = checkPool(options.pool ?? (paper ? "video" : "step"));
  const parts = options.compared ?? paperParts(variant, options);
  return direct((batch) => {
    const perturbed = perturbedBatch(batch);
    const bonus: (number | null)[][] = batch.videos.map(({ answers }) => answers.map(() => null));
    for (const { reward, threshold } of parts) {
      const own = reward(batch);
      const other = reward(perturbed);
      own.forEach((group, i) => {
        const pooled = poolOf(pool, own.length, i);
        const copies = meanOf(pooled.map((j) => other[j] ?? []));
        // Copies of which no answer can be judged earn nothing, as they do where such answers earn zero.
        const holds = meanOf(pooled.map((j) => own[j] ?? [])) >= factor * (Number.isNaN(copies) ? 0 : copies);
        const groupMean = meanOf([group]);
        const row = bonus[i] ?? [];
        group.forEach((value, k) => {
          // By the video's mean all its answers earn the same, those among them that cannot be judged.
          const judged = gate === "video" ? groupMean : (value ?? Number.NaN);
          if (Number.isNaN(judged)) return;
          row[k] = (row[k] ?? 0) + (holds && judged > threshold ? delta : 0);
        });
      });
    }
    return bonus;
  });
}

/** By default that of the variant. */
export function gateOf({ variant, gate }: Pick<TemporalOptions, "variant" | "gate">): (typeof GATES)[number] {
  return gate ?? (variant === "paper" ? "video" : "answer");
}

/** What a bonus needs more than of each reward that can be compared. */
export function thresholdsOf(
  options: Pick<TemporalOptions, "variant" | "rankingThreshold" | "regressionThreshold"> & {
    readonly relativeThreshold?: number | undefined;
  },
): Readonly<Record<(typeof COMPARED)[number], number>> {
  const regression = options.variant === "paper" ? 0.5 : 0.9;
  return {
    ranking: checkNumber("rankingThreshold", options.rankingThreshold ?? 0.5),
    regression: checkNumber("regressionThreshold", options.regressionThreshold ?? regression),
    relative: checkNumber("relativeThreshold", options.relativeThreshold ?? 0.1),
  };
}

function paperParts(variant: Variant, options: TemporalOptions): Compared[] {
  const thresholds = thresholdsOf(options);
  return [
    { reward: rankingReward({ ...options.ranking, variant }), threshold: thresholds.ranking },
    { reward: regressionReward({ ...options.regression, variant }), threshold: thresholds.regression },
  ];
}

function checkPool(pool: Pool): Pool {
  return typeof pool === "number" ? checkInteger("pool", pool, 2) : checkOneOf("pool", pool, POOLS);
}

/** Places of the videos whose answers are taken together with those of video i. */
function poolOf(pool: Pool, videos: number, i: number): number[] {
  if (pool === "video") return [i];
  const places = Array.from({ length: videos }, (_, j) => j);
  return pool === "step" ? places : blockOf(places, i, pool);
}

/** NaN, which is at least and above nothing, where no answer is judged. */
function meanOf(groups: readonly (readonly (number | null)[])[]): number {
  return mean(groups.flat().filter((value) => value !== null));
}

function perturbedBatch(batch: RewardBatch): RewardBatch {
  const videos = batch.videos.map(({ perturbed, ...video }) => {
    if (perturbed === undefined || perturbed.length === 0) {
      const hint = "switch the temporal perturbation on";
      throw optionError(`answers to the perturbed copy of ${video.id}`, "K answers", "none", hint);
    }
    return { ...video, answers: perturbed };
  });
  return { ...batch, videos, ofPerturbed: true };
}
