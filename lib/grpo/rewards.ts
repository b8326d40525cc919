/** Rewards of a configuration → functions by name. A further reward is a file of lib/rewards and two lines here. */
import { z } from "zod";
import { checkFunction, optionError } from "../core/check.js";
import { formatReward, formatSchema } from "../rewards/format.js";
import { rankingReward, rankingSchema } from "../rewards/ranking.js";
import { regressionReward, regressionSchema } from "../rewards/regression.js";
import { checkUnparsed, type Reward } from "../rewards/reward.js";
import { temporalReward, temporalSchema } from "../rewards/temporal.js";

export const rewardSchema = z.discriminatedUnion("name", [
  formatSchema,
  regressionSchema,
  rankingSchema,
  temporalSchema,
]);

export type RewardConfig = z.output<typeof rewardSchema>;

/** Rewards that compare the videos of a step with each other. */
const COMPARING: readonly RewardConfig["name"][] = ["ranking", "temporal"];

/** What rewards are built from. */
export interface RewardKeys {
  readonly videosPerStep: number;
  readonly rewards: readonly RewardConfig[];
  readonly temporal: { readonly perturb: boolean };
}

/** A user's own rewards: by name, or in a list, where a function's name is the reward's. */
export type UserRewards = Readonly<Record<string, Reward>> | readonly Reward[];

/**
 * @param own  instead of the configured ones.
 * @throws {EngineError} E_OPTION when a reward comes twice, the temporal one without perturbation, one that compares
 *                       videos with one video in a step; for what is no reward.
 */
export function buildRewards(config: RewardKeys, own?: UserRewards): Map<string, Reward> {
  if (own !== undefined) return named(own);
  const rewards = new Map<string, Reward>();
  for (const [place, reward] of config.rewards.entries()) {
    const { name } = reward;
    if (rewards.has(name)) throw optionError(`rewards.${place}.name`, "each reward once", name);
    if (COMPARING.includes(name) && config.videosPerStep < 2)
      throw optionError("videosPerStep", `at least 2 with the ${name} reward`, config.videosPerStep);
    rewards.set(name, build(reward, config, place));
  }
  return rewards;
}

function build(reward: RewardConfig, { rewards, temporal }: RewardKeys, place: number): Reward {
  if ("unparsed" in reward) checkUnparsed(`rewards.${place}.unparsed`, reward.variant, reward.unparsed);
  switch (reward.name) {
    case "format":
      return formatReward(reward);
    case "regression":
      return regressionReward(reward);
    case "ranking":
      return rankingReward(reward);
    case "temporal": {
      if (!temporal.perturb) throw optionError("temporal.perturb", "true with the temporal reward", false);
      // The bonus compares the rewards as this run computes them, where they are of the same variant.
      const alike = rewards.filter(({ variant }) => variant === reward.variant);
      return temporalReward({
        ...reward,
        ranking: alike.find((other) => other.name === "ranking"),
        regression: alike.find((other) => other.name === "regression"),
      });
    }
  }
}

function named(own: UserRewards): Map<string, Reward> {
  if (typeof own !== "object" || own === null)
    throw optionError("rewards", "rewards by name or in a list", own);
  for (const [name, reward] of Object.entries(own)) checkFunction(`rewards.${name}`, reward);
  const entries = Array.isArray(own)
    ? own.map((reward: Reward, i) => [reward.name === "" ? `reward${i + 1}` : reward.name, reward] as const)
    : Object.entries(own as Readonly<Record<string, Reward>>);
  const rewards = new Map(entries);
  if (entries.length === 0) throw optionError("rewards", "at least one reward", undefined);
  if (rewards.size < entries.length)
    throw optionError("rewards", "rewards of different names", entries.map(([name]) => name).join(", "));
  return rewards;
}
