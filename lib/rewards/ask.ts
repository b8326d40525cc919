/** Asks a reward about a batch. It is a stranger's code: what it changes stays its own, and how it fails is told by its name. */
import { EngineError } from "../core/errors.js";
import { listed, shown } from "../core/refuse.js";
import { ownBatch } from "./own-batch.js";
import type { Reward, RewardBatch, RewardValues } from "./reward.js";

/**
 * @returns what it returned, unchecked.
 * @throws {EngineError} E_REWARD naming the reward, the step and its videos where it throws; its own EngineError as it is.
 */
export async function askReward(name: string, reward: Reward, batch: RewardBatch): Promise<unknown> {
  try {
    return await reward(ownBatch(batch));
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw rewardError(name, `threw ${thrown(cause)}`, batch, cause);
  }
}

/**
 * The same reward, which has to answer in time.
 *
 * @param limitMs  milliseconds, ≥ 1. What it does behind them nobody hears.
 */
export function inTime(name: string, reward: Reward, limitMs: number): Reward {
  const timed = async (batch: RewardBatch): Promise<readonly RewardValues[]> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, refuse) => {
      const problem = `did not answer within ${limitMs} ms (rewardTimeoutMs)`;
      timer = setTimeout(() => refuse(rewardError(name, problem, batch)), limitMs);
    });
    try {
      return await Promise.race([reward(batch), late]);
    } finally {
      clearTimeout(timer);
    }
  };
  return Object.assign(timed, { weight: reward.weight });
}

/** A reward that failed in a step. */
export function rewardError(
  name: string,
  problem: string,
  { step, videos }: RewardBatch,
  cause?: unknown,
): EngineError {
  const ids = listed(videos.map(({ id }) => id));
  const message = `reward ${name} ${problem} in step ${step}, asked about ${ids}; this step has changed nothing`;
  return new EngineError("E_REWARD", message, { details: { reward: name, step, videos: ids }, cause });
}

function thrown(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : shown(cause);
}
