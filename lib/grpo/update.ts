/** The updates that a step makes by the answers of one rollout. */
import { mean } from "../core/stats.js";
import type { StepMetrics, TrainGroup } from "../model/types.js";
import type { Rates } from "../train/rates.js";
import { lossSettings } from "./objective.js";
import type { GrpoRun } from "./rollout.js";

/**
 * Makes `iterations` updates; gives what they measured. They are held against the log-probabilities of the policy that
 * sampled, which in the first one is the policy as it is, unless an old one sampled. The signal ends what comes before the
 * first: a step's updates are made all or not at all.
 *
 * @throws the signal's reason when it fired before an update.
 */
export async function update(
  { config, model, sampler, trainer }: GrpoRun,
  groups: readonly TrainGroup[],
  { learningRate, learningRates }: Rates,
  signal?: AbortSignal,
): Promise<StepMetrics> {
  const { iterations, temperature, maxGradNorm } = config;
  const settings = { learningRate, learningRates, temperature, maxGradNorm, ...lossSettings(config) };
  const onPolicy = sampler === model;
  signal?.throwIfAborted();
  if (onPolicy && iterations === 1) return trainer.step({ groups, ...settings });
  const ratios: TrainGroup[] = [];
  for (const group of groups) {
    const { prompt, completions } = group;
    ratios.push({
      ...group,
      oldLogProbs: await sampler.logProbs({ prompt, completions, temperature, signal }),
    });
  }
  signal?.throwIfAborted();
  const all = [await trainer.step({ groups: onPolicy ? groups : ratios, ...settings })];
  while (all.length < iterations) all.push(await trainer.step({ groups: ratios, ...settings }));
  return all.length === 1 ? (all[0] as StepMetrics) : together(all);
}

/** Means over a step's updates; least, most and seconds are over all of them. */
export function together(all: readonly StepMetrics[]): StepMetrics {
  const of = (name: Exclude<keyof StepMetrics, "predictions">) => all.map((metrics) => metrics[name]);
  return {
    loss: mean(of("loss")),
    kl: mean(of("kl")),
    klTerm: mean(of("klTerm")),
    entropy: mean(of("entropy")),
    clipFraction: mean(of("clipFraction")),
    clipLowFraction: mean(of("clipLowFraction")),
    clipHighFraction: mean(of("clipHighFraction")),
    clipLowLeast: Math.min(...of("clipLowLeast")),
    clipHighMost: Math.max(...of("clipHighMost")),
    ratio: mean(of("ratio")),
    phi: mean(of("phi")),
    gradNorm: mean(of("gradNorm")),
    completionTokens: mean(of("completionTokens")),
    seconds: of("seconds").reduce((sum, one) => sum + one, 0),
    predictions: new Float32Array(),
  };
}
