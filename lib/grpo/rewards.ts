/** Rewards of a configuration → functions by name. A further reward is a file of lib/rewards and two lines here. */
import { z } from "zod";
import { optionError } from "../core/check.js";
import { comparisonReward, comparisonSchema } from "../rewards/comparison.js";
import { degradationReward, degradationSchema } from "../rewards/degradation.js";
import { formatReward, formatSchema } from "../rewards/format.js";
import { lengthReward, lengthSchema } from "../rewards/length.js";
import { rankingReward, rankingSchema } from "../rewards/ranking.js";
import { regressionReward, regressionSchema } from "../rewards/regression.js";
import { relativeReward, relativeSchema } from "../rewards/relative.js";
import { type DirectReward, type Reward, type Variant, weighted } from "../rewards/reward.js";
import { temporalReward, temporalSchema, thresholdsOf } from "../rewards/temporal.js";
import { thresholdReward, thresholdSchema } from "../rewards/threshold.js";
import { checkUnparsed } from "../rewards/unparsed.js";
import { moduleName, ownSchema } from "./reward-module.js";

export const rewardSchema = z.discriminatedUnion("name", [
  formatSchema,
  regressionSchema,
  rankingSchema,
  temporalSchema,
  thresholdSchema,
  relativeSchema,
  degradationSchema,
  comparisonSchema,
  lengthSchema,
  ownSchema,
]);

export type RewardConfig = z.output<typeof rewardSchema>;
type ShippedConfig = Exclude<RewardConfig, { name: "own" }>;

/** What rewards are built from. */
export interface RewardKeys {
  readonly videosPerStep: number;
  readonly samples: number;
  readonly maxNewTokens: number;
  readonly rewards: readonly RewardConfig[];
  readonly temporal: { readonly perturb: boolean };
}

/**
 * The package's rewards by name, in the configuration's order; those of modules have their place and no function yet.
 *
 * @throws {EngineError} E_OPTION naming the key when a reward comes twice, the temporal one without perturbation, and when
 *                       videos, answers or tokens of a step are too few for a reward.
 */
export function configuredRewards(
  config: RewardKeys,
): Map<string, Reward | Extract<RewardConfig, { name: "own" }>> {
  const rewards = new Map<string, Reward | Extract<RewardConfig, { name: "own" }>>();
  for (const [place, reward] of config.rewards.entries()) {
    const name = reward.name === "own" ? moduleName(reward) : reward.name;
    if (rewards.has(name)) throw optionError(`rewards.${place}.name`, "each reward once", name);
    if (reward.name === "own") rewards.set(name, reward);
    else {
      checkEnough(reward, config, place);
      rewards.set(name, weighted<Reward>(build(reward, config, place), reward.weight));
    }
  }
  return rewards;
}

/** Too few videos, answers or tokens for a reward ever to say something. */
function checkEnough(
  reward: ShippedConfig,
  { videosPerStep, samples, maxNewTokens }: RewardKeys,
  place: number,
): void {
  const { name } = reward;
  const key = (of: string) => `rewards.${place}.${of}`;
  const most = `at most ${videosPerStep}, the videos of a step (videosPerStep)`;
  const compares = name === "ranking" || (name === "temporal" && reward.of.includes("ranking"));
  if (compares && videosPerStep < 2)
    throw optionError("videosPerStep", `at least 2 with the ${name} reward`, videosPerStep);
  if (name === "ranking" && reward.choice === "block") {
    const size = (reward.opponents === "all" ? 0 : (reward.opponents ?? 1)) + 1;
    if (size > videosPerStep) throw optionError(key("opponents"), `blocks (opponents + 1) of ${most}`, size);
  }
  if (name === "temporal" && typeof reward.pool === "number" && reward.pool > videosPerStep)
    throw optionError(key("pool"), most, reward.pool);
  if (name === "length" && reward.atLeast > samples)
    throw optionError(key("atLeast"), `at most ${samples}, the answers to a video (samples)`, reward.atLeast);
  if (name === "length" && reward.minTokens > maxNewTokens)
    throw optionError(
      key("minTokens"),
      `at most ${maxNewTokens}, all an answer may have (maxNewTokens)`,
      reward.minTokens,
    );
}

function build(reward: ShippedConfig, config: RewardKeys, place: number): DirectReward {
  const key = (of: string) => `rewards.${place}.${of}`;
  if ("unparsed" in reward && "variant" in reward)
    checkUnparsed(key("unparsed"), reward.variant, reward.unparsed);
  switch (reward.name) {
    case "format":
      return formatReward(reward);
    case "regression":
      return regressionReward(reward);
    case "ranking":
      return rankingReward(reward);
    case "threshold":
      return thresholdReward(reward);
    case "relative":
      if (reward.keys !== undefined && reward.unparsed === "random")
        throw optionError(key("unparsed"), '"zero" or "drop" with keys', reward.unparsed);
      return relativeReward(reward);
    case "degradation":
      return degradationReward(reward);
    case "comparison":
      return comparisonReward(reward);
    case "length":
      if (reward.maxTokens < reward.minTokens)
        throw optionError(key("maxTokens"), `at least ${reward.minTokens} (minTokens)`, reward.maxTokens);
      return lengthReward({ ...reward, of: asInRun(reward.of, config, "paper") });
    case "temporal": {
      if (!config.temporal.perturb)
        throw optionError("temporal.perturb", "true with the temporal reward", false);
      const { variant } = reward;
      const thresholds = thresholdsOf(reward);
      const compared = reward.of.map((name) => ({
        reward: asInRun(name, config, variant),
        threshold: thresholds[name],
      }));
      return temporalReward({ ...reward, compared });
    }
  }
}

/** A reward as this run computes it; where the run has none of this variant, as it is by default. */
function asInRun(
  name: "ranking" | "regression" | "relative" | "threshold",
  { rewards }: RewardKeys,
  variant: Variant,
): DirectReward {
  const same = rewards.find(
    (other) => other.name === name && (!("variant" in other) || other.variant === variant),
  );
  switch (name) {
    case "ranking":
      return rankingReward({ ...(same?.name === name ? same : {}), variant });
    case "regression":
      return regressionReward({ ...(same?.name === name ? same : {}), variant });
    case "relative":
      return relativeReward(same?.name === name ? same : {});
    case "threshold":
      return thresholdReward(same?.name === name ? same : {});
  }
}
