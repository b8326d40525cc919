/** Weighted sum of rewards, checked: every reward gives K finite numbers or nulls per video, or the step fails by its name. */
import { askReward } from "./ask.js";
import { checkFinite, checkReturned } from "./returned.js";
import type { Reward, RewardBatch } from "./reward.js";

export interface RewardTable {
  /** Name → [videos][K], before weights and sum; null where the reward leaves the answer out. */
  readonly parts: ReadonlyMap<string, (number | null)[][]>;
  /** Name → the reward's factor in the sum. */
  readonly weights: ReadonlyMap<string, number>;
  /** [videos][K]; null where every reward leaves the answer out. */
  readonly total: (number | null)[][];
}

/**
 * Asks every reward, with a batch of its own, and adds up what they give by their weights. What one leaves out counts as
 * nothing in the sum.
 *
 * @throws {EngineError} E_OPTION when a reward returns other shapes than one list of K values per video;
 *                       E_NUMERIC when one of them, or a sum of theirs, is not finite; E_REWARD when one throws.
 */
export async function rewardTable(
  rewards: ReadonlyMap<string, Reward>,
  batch: RewardBatch,
): Promise<RewardTable> {
  const { videos } = batch;
  const parts = new Map<string, (number | null)[][]>();
  for (const [name, reward] of rewards)
    parts.set(name, checkReturned(name, await askReward(name, reward, batch), videos));
  const weights = new Map(Array.from(rewards, ([name, { weight = 1 }]) => [name, weight]));
  const total = videos.map(({ id, answers }, i) =>
    answers.map((_, k) => {
      const values = Array.from(parts, ([name, groups]) => {
        const value = groups[i]?.[k] ?? null;
        return value === null ? null : (weights.get(name) ?? 1) * value;
      }).filter((value) => value !== null);
      if (values.length === 0) return null;
      return checkFinite(
        "the sum of rewards",
        values.reduce((sum, value) => sum + value, 0),
        id,
        k,
      );
    }),
  );
  return { parts, weights, total };
}

/** One reward that is the weighted sum of several. */
export function combineRewards(...rewards: Reward[]): (batch: RewardBatch) => Promise<(number | null)[][]> {
  const named = new Map(rewards.map((reward, i) => [`${i}`, reward]));
  return async (batch) => (await rewardTable(named, batch)).total;
}
