/** Sum of rewards, checked: every reward gives K finite numbers per video, or the step fails by its name. */
import { EngineError } from "../core/errors.js";
import type { Reward, RewardBatch } from "./reward.js";

export interface RewardTable {
  /** Name → [videos][K], before summing. */
  readonly parts: ReadonlyMap<string, Float64Array[]>;
  /** [videos][K] */
  readonly total: Float64Array[];
}

/**
 * Runs every reward on the batch and adds them up.
 *
 * @throws {EngineError} E_OPTION when a reward returns other shapes than one array of K per video;
 *                       E_NUMERIC when one is not finite.
 */
export async function rewardTable(
  rewards: ReadonlyMap<string, Reward>,
  batch: RewardBatch,
): Promise<RewardTable> {
  const total = batch.videos.map(({ answers }) => new Float64Array(answers.length));
  const parts = new Map<string, Float64Array[]>();
  for (const [name, reward] of rewards) {
    const groups = await reward(batch);
    if (groups.length !== total.length) {
      const message = `reward ${name}: expected ${total.length} arrays, one per video, found ${groups.length}`;
      throw new EngineError("E_OPTION", message);
    }
    groups.forEach((group, i) => {
      const sum = total[i] ?? new Float64Array();
      if (group.length !== sum.length) {
        const message = `reward ${name}: expected ${sum.length} numbers for video ${batch.videos[i]?.id}, found ${group.length}`;
        throw new EngineError("E_OPTION", message);
      }
      group.forEach((value, k) => {
        if (!Number.isFinite(value)) {
          const message = `reward ${name} is ${value} for answer ${k} of video ${batch.videos[i]?.id}`;
          throw new EngineError("E_NUMERIC", message);
        }
        sum[k] = (sum[k] ?? 0) + value;
      });
    });
    parts.set(name, groups);
  }
  return { parts, total };
}

/** One reward that is the sum of several. */
export function combineRewards(...rewards: Reward[]): Reward {
  const named = new Map(rewards.map((reward, i) => [`${i}`, reward]));
  return async (batch) => (await rewardTable(named, batch)).total;
}
