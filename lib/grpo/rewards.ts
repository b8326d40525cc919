/** Rewards of a configuration → functions by name. */
import { optionError } from "../core/check.js";
import { formatReward } from "../rewards/format.js";
import { rankingReward } from "../rewards/ranking.js";
import { regressionReward } from "../rewards/regression.js";
import type { Reward } from "../rewards/reward.js";
import { temporalReward } from "../rewards/temporal.js";
import type { RewardConfig, TrainConfig } from "./config.js";

/** A user's own rewards: by name, or in a list, where a function's name is the reward's. */
export type UserRewards = Readonly<Record<string, Reward>> | readonly Reward[];

/**
 * @param own  instead of the configured ones.
 * @throws {EngineError} E_OPTION when a reward comes twice, or the temporal one without perturbation.
 */
export function buildRewards(config: TrainConfig, own?: UserRewards): Map<string, Reward> {
  if (own !== undefined) return named(own);
  const rewards = new Map<string, Reward>();
  for (const reward of config.rewards) {
    if (rewards.has(reward.name)) throw optionError("rewards", "each reward once", `${reward.name} twice`);
    rewards.set(reward.name, build(reward, config));
  }
  return rewards;
}

function build(reward: RewardConfig, config: TrainConfig): Reward {
  const given = defined(reward);
  switch (given.name) {
    case "format":
      return formatReward(given);
    case "regression":
      return regressionReward(given);
    case "ranking":
      return rankingReward(given);
    case "temporal": {
      if (!config.temporal.perturb)
        throw optionError("temporal.perturb", "true with the temporal reward", false);
      // The bonus compares the rewards as this run computes them.
      const ranking = config.rewards.find(({ name }) => name === "ranking");
      const regression = config.rewards.find(({ name }) => name === "regression");
      return temporalReward({
        ...given,
        ranking: own(ranking, given.variant),
        regression: own(regression, given.variant),
      });
    }
  }
}

/** Another reward's numbers, where it is of the same variant. */
function own<T extends RewardConfig>(reward: T | undefined, variant: string): Record<string, unknown> {
  if (reward === undefined || reward.variant !== variant) return {};
  const { name: _name, variant: _variant, ...numbers } = defined(reward);
  return numbers;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function defined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
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
