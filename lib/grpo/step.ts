/** One GRPO step: rollout → rewards → advantages → updates. Uses only calls that a user's own script could make. */
import type { StepMetrics } from "../model/types.js";
import type { RewardTable } from "../rewards/combine.js";
import type { StepPlace } from "../train/method.js";
import { advantages, aggregatedAdvantages } from "./advantage.js";
import type { GrpoRun, Rollout } from "./rollout.js";
import { sampled, teaches } from "./sampling.js";
import { update } from "./update.js";

export interface StepResult {
  readonly step: number;
  readonly rollout: Rollout;
  readonly rewards: RewardTable;
  /** [groups · K], prompt-major. */
  readonly advantages: Float64Array;
  /** Videos that were asked again, once for each time. */
  readonly resampled: number;
  /** Groups that were left out of the updates. */
  readonly dropped: number;
  readonly metrics: StepMetrics;
}

/** Step and seed decide everything that is drawn. */
export async function grpoStep(run: GrpoRun, place: StepPlace): Promise<StepResult> {
  const { config } = run;
  const { step, signal } = place;
  const { rollout, rewards, resampled } = await sampled(run, place);
  run.onRewards?.(rewards, rollout);
  const { samples } = config;
  const gains = gainsOf(rewards, config);
  const groups = rollout.groups.map(({ prompt, completions }, i) => ({
    prompt,
    completions,
    advantages: gains.subarray(i * samples, (i + 1) * samples),
    ...(config.maskTruncated ? { masked: completions.map(({ stop }) => stop === "length") } : {}),
  }));
  const teaching = groups.filter((_, i) => config.dynamicSampling === "off" || teaches(rewards, i, config));
  // Where none teaches, all are kept: a step of its KL term alone, if it has one.
  const chosen = teaching.length === 0 ? groups : teaching;
  const metrics = await update(run, chosen, place, signal);
  const dropped = groups.length - chosen.length;
  return { step, rollout, rewards, advantages: gains, resampled, dropped, metrics };
}

function gainsOf(rewards: RewardTable, { samples, aggregation, advantage }: GrpoRun["config"]): Float64Array {
  const flat = (groups: readonly ArrayLike<number | null>[]) => groups.flatMap((group) => Array.from(group));
  if (aggregation === "sum_then_normalize")
    return advantages(flat(rewards.total), samples, { scale: advantage });
  const weights = [...rewards.weights.values()];
  return aggregatedAdvantages([...rewards.parts.values()].map(flat), samples, { aggregation, weights });
}
