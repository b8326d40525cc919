/** What GRPO measures of a step: its part of the step's event. */
import type { Rules } from "../core/rules.js";
import { mean, variance } from "../core/stats.js";
import type { StepMetrics } from "../model/types.js";
import type { RunEvent, RunStep } from "../run-folder/events.js";
import { isConstant } from "./advantage.js";
import type { StepResult } from "./step.js";

/** What GRPO measures of a step, beside what every run tells. */
export interface GrpoMeasures extends Omit<StepMetrics, "predictions" | "seconds" | "klTerm"> {
  /** Mean over the answers of the weighted sum of their rewards; null where every answer is left out. */
  readonly reward: number | null;
  /** The same of each reward, before its weight. */
  readonly rewards: Readonly<Record<string, number | null>>;
  /** Share of answers that every reward left out, so that they teach nothing. */
  readonly unscored: number;
  /** Share of groups in which each reward differs between answers: where it is 0, it teaches nothing. */
  readonly varying: Readonly<Record<string, number>>;
  /** Share of groups whose summed rewards are all equal, so that they teach nothing. */
  readonly silentGroups: number;
  /** Standard deviation over videos of the mean score: near 0, the model has come to one constant answer. */
  readonly scoreSpread: number | null;
  /** Standard deviation over videos of their labels, for comparison. */
  readonly targetSpread: number;
  /** Mean over videos of the standard deviation of a video's K scores. */
  readonly groupSpread: number | null;
  /** Share of answers with a score. */
  readonly parsed: number;
  /** Mean tokens of an answer. */
  readonly answerTokens: number;
  readonly rolloutSeconds: number;
  readonly updateSeconds: number;
}

/** What one step of GRPO measured. */
export interface StepEvent extends RunStep, GrpoMeasures {}

/** What a GRPO run tells. */
export type TrainEvent = RunEvent<GrpoMeasures>;

/** @param rules  By the first ones `kl` is the loss's own term. */
export function grpoMeasures(result: StepResult, rules: Rules): GrpoMeasures {
  const { groups } = result.rollout;
  const scores = groups.map(({ answers }) => answers.flatMap(({ score }) => score ?? []));
  const scored = scores.filter((group) => group.length > 0);
  const answers = groups.flatMap((group) => group.answers);
  const { seconds: updateSeconds, predictions: _none, klTerm, ...metrics } = result.metrics;
  return {
    reward: meanOf(result.rewards.total),
    rewards: byName(result, meanOf),
    unscored: share(result.rewards.total.flat(), (value) => value === null),
    varying: byName(result, (rewards) => share(rewards, (group) => !isConstant(present(group)))),
    silentGroups: share(result.rewards.total, (group) => isConstant(present(group))),
    scoreSpread: finite(Math.sqrt(variance(scored.map(mean), 0))),
    targetSpread: Math.sqrt(
      variance(
        groups.map(({ video }) => video.target),
        0,
      ),
    ),
    groupSpread: finite(mean(scored.map((group) => Math.sqrt(variance(group, 0))))),
    parsed: share(answers, ({ score }) => score !== null),
    answerTokens: mean(groups.flatMap(({ completions }) => completions.map(({ tokens }) => tokens.length))),
    ...metrics,
    kl: rules === 1 ? klTerm : metrics.kl,
    rolloutSeconds: result.rollout.seconds,
    updateSeconds,
  };
}

/** A mean reward; none where every answer was left out. */
export function shownReward(value: number | null, decimals: number): string {
  return value === null ? "none" : value.toFixed(decimals);
}

function byName<T>(
  result: StepResult,
  measure: (rewards: readonly (readonly (number | null)[])[]) => T,
): Record<string, T> {
  return Object.fromEntries([...result.rewards.parts].map(([name, rewards]) => [name, measure(rewards)]));
}

function meanOf(groups: readonly (readonly (number | null)[])[]): number | null {
  return finite(mean(present(groups.flat())));
}

function present(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length / items.length;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
