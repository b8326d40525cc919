/** One GRPO step: rollout → rewards → advantages → update. Uses only calls that a user's own script could make. */
import type { StepMetrics } from "../model/types.js";
import { type RewardTable, rewardTable } from "../rewards/combine.js";
import type { StepPlace } from "../train/method.js";
import { advantages } from "./advantage.js";
import { type GrpoRun, type Rollout, rollout } from "./rollout.js";

export interface StepResult {
  readonly step: number;
  readonly rollout: Rollout;
  readonly rewards: RewardTable;
  /** [groups · K], prompt-major. */
  readonly advantages: Float64Array;
  readonly metrics: StepMetrics;
}

/** Step and seed decide everything that is drawn. */
export async function grpoStep(run: GrpoRun, place: StepPlace): Promise<StepResult> {
  const { config, trainer } = run;
  const { step, learningRate } = place;
  const sampled = await rollout(run, place);
  const videos = sampled.groups.map(({ video, answers, perturbed }) => ({
    ...video,
    answers,
    ...(perturbed === undefined ? {} : { perturbed }),
  }));
  const rewards = await rewardTable(run.rewards, { step, seed: config.seed, videos });
  run.onRewards?.(rewards);
  const gains = advantages(rewards.total.flat(), config.samples, { scale: config.advantage });
  const groups = sampled.groups.map(({ prompt, completions }, i) => ({
    prompt,
    completions,
    advantages: gains.subarray(i * config.samples, (i + 1) * config.samples),
  }));
  const { temperature, beta, clipLow, clipHigh, maxGradNorm } = config;
  // No old log-probabilities: one update per rollout, so the policy is the one that sampled. And no signal: an
  // update is done whole or not at all.
  const settings = { learningRate, temperature, beta, clipLow, clipHigh, maxGradNorm };
  const metrics = await trainer.step({ groups, loss: "grpo", ...settings });
  return { step, rollout: sampled, rewards, advantages: gains, metrics };
}
