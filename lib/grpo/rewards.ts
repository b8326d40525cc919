/** Rewards of a configuration → functions by name. A further reward is a file of lib/rewards and two lines here. */
import { z } from "zod";
import { optionError } from "../core/check.js";
import { formatReward, formatSchema } from "../rewards/format.js";
import { rankingReward, rankingSchema } from "../rewards/ranking.js";
import { regressionReward, regressionSchema } from "../rewards/regression.js";
import type { Reward } from "../rewards/reward.js";
import { temporalReward, temporalSchema } from "../rewards/temporal.js";

export const rewardSchema = z.discriminatedUnion("name", [
  formatSchema,
  regressionSchema,
  rankingSchema,
  temporalSchema,
]);

export type RewardConfig = z.output<typeof rewardSchema>;

/** What rewards are built from. */
export interface RewardKeys {
  readonly rewards: readonly RewardConfig[];
  readonly temporal: { readonly perturb: boolean };
}

/** A user's own rewards: by name, or in a list, where a function's name is the reward's. */
export type UserRewards = Readonly<Record<string, Reward>> | readonly Reward[];

/**
 * @param own  instead of the configured ones.
 * @throws {EngineError} E_OPTION when a reward comes twice, or the temporal one without perturbation.
 */
export function buildRewards(config: RewardKeys, own?: UserRewards): Map<string, Reward> {
  if (own !== undefined) return named(own);
  const rewards = new Map<string, Reward>();
  for (const reward of config.rewards) {
    if (rewards.has(reward.name)) throw optionError("rewards", "each reward once", `${reward.name} twice`);
    rewards.set(reward.name, build(reward, config));
  }
  return rewards;
}

function build(reward: RewardConfig, { rewards, temporal }: RewardKeys): Reward {
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
  const entries = Array.isArray(own)
    ? own.map((reward: Reward, i) => [reward.name === "" ? `reward${i + 1}` : reward.name, reward] as const)
    : Object.entries(own as Readonly<Record<string, Reward>>);
  const rewards = new Map(entries);
  if (entries.length === 0) throw optionError("rewards", "at least one reward", "none");
  if (rewards.size < entries.length)
    throw optionError("rewards", "rewards of different names", entries.map(([name]) => name).join(", "));
  return rewards;
}
