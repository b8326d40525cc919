/** Sum of rewards, checked: every reward gives K finite numbers per video, or the step fails by its name. */
import { ownBatch } from "./own-batch.js";
import { checkFinite, checkReturned } from "./returned.js";
import type { Reward, RewardBatch } from "./reward.js";

export interface RewardTable {
  /** Name → [videos][K], before summing. */
  readonly parts: ReadonlyMap<string, Float64Array[]>;
  /** [videos][K] */
  readonly total: Float64Array[];
}

/**
 * Runs every reward on a batch of its own and adds them up.
 *
 * @throws {EngineError} E_OPTION when a reward returns other shapes than one array of K numbers per video;
 *                       E_NUMERIC when one of them, or a sum of theirs, is not finite.
 */
export async function rewardTable(
  rewards: ReadonlyMap<string, Reward>,
  batch: RewardBatch,
): Promise<RewardTable> {
  const { videos } = batch;
  const parts = new Map<string, Float64Array[]>();
  for (const [name, reward] of rewards)
    parts.set(name, checkReturned(name, await reward(ownBatch(batch)), videos));
  const total = videos.map(({ id, answers }, i) =>
    Float64Array.from(answers, (_, k) => {
      const values = [...parts.values()].map((groups) => groups[i]?.[k] ?? Number.NaN);
      return checkFinite(
        "the sum of rewards",
        values.reduce((sum, value) => sum + value, 0),
        id,
        k,
      );
    }),
  );
  return { parts, total };
}

/** One reward that is the sum of several. */
export function combineRewards(...rewards: Reward[]): Reward {
  const named = new Map(rewards.map((reward, i) => [`${i}`, reward]));
  return async (batch) => (await rewardTable(named, batch)).total;
}
