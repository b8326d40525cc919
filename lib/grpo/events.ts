/** What a training run tells while it goes on. Only finished steps carry `step`; other events say after which one. */
import { mean, variance } from "../core/stats.js";
import type { StepMetrics } from "../model/types.js";
import { isConstant } from "./advantage.js";
import type { StepResult } from "./step.js";

export interface StepEvent extends Omit<StepMetrics, "predictions" | "seconds"> {
  readonly type: "step";
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  readonly learningRate: number;
  /** Mean over all answers of the summed rewards. */
  readonly reward: number;
  /** The same of each reward. */
  readonly rewards: Readonly<Record<string, number>>;
  /** Share of groups in which each reward differs between answers: where it is 0, it teaches nothing. */
  readonly varying: Readonly<Record<string, number>>;
  /** Share of groups whose summed rewards are all equal, so that they teach nothing. */
  readonly silentGroups: number;
  /** Standard deviation over videos of the mean score: near 0, the model has come to one constant answer. */
  readonly scoreSpread: number | null;
  /** Mean over videos of the standard deviation of a video's K scores. */
  readonly groupSpread: number | null;
  /** Share of answers with a score. */
  readonly parsed: number;
  /** Mean tokens of an answer. */
  readonly answerTokens: number;
  readonly rolloutSeconds: number;
  readonly updateSeconds: number;
  readonly seconds: number;
}

export type TrainEvent =
  | {
      readonly type: "start";
      readonly afterStep: number;
      readonly steps: number;
      readonly videos: number;
      readonly run: string;
    }
  | StepEvent
  | { readonly type: "skipped"; readonly atStep: number; readonly video: string; readonly message: string }
  | {
      readonly type: "warning";
      readonly afterStep: number;
      /** The reward that it is about, if any. */
      readonly reward?: string;
      readonly message: string;
    }
  | { readonly type: "checkpoint"; readonly afterStep: number; readonly path: string }
  | { readonly type: "end"; readonly afterStep: number; readonly stopped: boolean };

export function stepEvent(result: StepResult, steps: number, seconds: number): StepEvent {
  const { groups } = result.rollout;
  const scores = groups.map(({ answers }) => answers.flatMap(({ score }) => score ?? []));
  const scored = scores.filter((group) => group.length > 0);
  const answers = groups.flatMap((group) => group.answers);
  const { seconds: updateSeconds, predictions: _none, ...metrics } = result.metrics;
  return {
    type: "step",
    step: result.step,
    steps,
    learningRate: result.learningRate,
    reward: meanOf(result.rewards.total),
    rewards: byName(result, meanOf),
    varying: byName(result, (rewards) => share(rewards, (group) => !isConstant(group))),
    silentGroups: share(result.rewards.total, isConstant),
    scoreSpread: finite(Math.sqrt(variance(scored.map(mean), 0))),
    groupSpread: finite(mean(scored.map((group) => Math.sqrt(variance(group, 0))))),
    parsed: share(answers, ({ score }) => score !== null),
    answerTokens: mean(groups.flatMap(({ completions }) => completions.map(({ tokens }) => tokens.length))),
    ...metrics,
    rolloutSeconds: result.rollout.seconds,
    updateSeconds,
    seconds,
  };
}

function byName(
  result: StepResult,
  measure: (rewards: readonly Float64Array[]) => number,
): Record<string, number> {
  return Object.fromEntries([...result.rewards.parts].map(([name, rewards]) => [name, measure(rewards)]));
}

function meanOf(groups: readonly Float64Array[]): number {
  return mean(groups.flatMap((group) => [...group]));
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length / items.length;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
