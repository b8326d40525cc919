/** What GRPO measures of a step: its part of the step's event. */
import type { Rules } from "../core/rules.js";
import { mean, variance } from "../core/stats.js";
import type { Scale } from "../data/scale.js";
import type { Completion, StepMetrics } from "../model/types.js";
import type { RunEvent, RunStep } from "../run-folder/events.js";
import { isConstant, scored } from "./advantage.js";
import type { StepResult } from "./step.js";

/** What GRPO measures of a step, beside what every run tells. */
export interface GrpoMeasures extends Omit<StepMetrics, "predictions" | "seconds" | "klTerm" | "kl" | "phi"> {
  /** Mean over the tokens of the estimate; null without a reference. */
  readonly kl: number | null;
  /** Of vespo; null of every other loss. */
  readonly phi: number | null;
  /** Mean over the answers of the weighted sum of their rewards; null where every answer is left out. */
  readonly reward: number | null;
  /** Their unbiased deviation over all answers; null for fewer than two. */
  readonly rewardStd: number | null;
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
  /** Share of the scores that are off the model's scale; null without any. */
  readonly offScale: number | null;
  /** Tokens of an answer: mean, least and most. */
  readonly answerTokens: number;
  readonly answerTokensLeast: number;
  readonly answerTokensMost: number;
  /** Share of answers that were cut at the most tokens. */
  readonly truncated: number;
  /** The tokens of those that were not; 0 where all were. */
  readonly endedTokens: number;
  readonly endedTokensLeast: number;
  readonly endedTokensMost: number;
  /** Videos that were asked again, once for each time; and those left out of the update. */
  readonly resampled: number;
  readonly dropped: number;
  readonly rolloutSeconds: number;
  readonly updateSeconds: number;
}

/** What one step of GRPO measured. */
export interface StepEvent extends RunStep, GrpoMeasures {}

/** What a GRPO run tells. */
export type TrainEvent = RunEvent<GrpoMeasures>;

/** By the first rules `kl` is the loss's own term, and both numbers are there always. */
export function grpoMeasures(
  result: StepResult,
  { rules, beta, loss }: { readonly rules: Rules; readonly beta: number; readonly loss: string },
  { min, max }: Scale,
): GrpoMeasures {
  const { groups } = result.rollout;
  const scores = groups.map(({ answers }) => answers.flatMap(({ score }) => score ?? []));
  const parsed = scores.filter((group) => group.length > 0);
  const answers = groups.flatMap((group) => group.answers);
  const completions = groups.flatMap((group) => group.completions);
  const ended = completions.filter(({ stop }) => stop === "end");
  const { seconds: updateSeconds, predictions: _none, klTerm, ...metrics } = result.metrics;
  return {
    reward: meanOf(result.rewards.total),
    rewardStd: finite(Math.sqrt(variance(scored(result.rewards.total.flat()), 1))),
    rewards: byName(result, meanOf),
    unscored: share(result.rewards.total.flat(), (value) => value === null),
    varying: byName(result, (rewards) => share(rewards, (group) => !isConstant(group))),
    silentGroups: share(result.rewards.total, isConstant),
    scoreSpread: finite(Math.sqrt(variance(parsed.map(mean), 0))),
    targetSpread: spreadOf(groups.flatMap(({ video }) => (Number.isNaN(video.target) ? [] : [video.target]))),
    groupSpread: finite(mean(parsed.map((group) => Math.sqrt(variance(group, 0))))),
    parsed: share(answers, ({ score }) => score !== null),
    offScale: finite(share(scores.flat(), (score) => score < min || score > max)),
    ...tokenMeasures("answerTokens", completions),
    truncated: share(completions, ({ stop }) => stop === "length"),
    ...tokenMeasures("endedTokens", ended),
    resampled: result.resampled,
    dropped: result.dropped,
    ...metrics,
    kl: rules === 1 ? klTerm : beta > 0 ? metrics.kl : null,
    phi: rules === 1 || loss === "vespo" ? metrics.phi : null,
    rolloutSeconds: result.rollout.seconds,
    updateSeconds,
  };
}

/** A mean reward; none where every answer was left out. */
export function shownReward(value: number | null, decimals: number): string {
  return value === null ? "none" : value.toFixed(decimals);
}

/** 0 of no label. */
function spreadOf(targets: readonly number[]): number {
  return targets.length === 0 ? 0 : Math.sqrt(variance(targets, 0));
}

function byName<T>(
  result: StepResult,
  measure: (rewards: readonly (readonly (number | null)[])[]) => T,
): Record<string, T> {
  return Object.fromEntries([...result.rewards.parts].map(([name, rewards]) => [name, measure(rewards)]));
}

function meanOf(groups: readonly (readonly (number | null)[])[]): number | null {
  return finite(mean(scored(groups.flat())));
}

/** Mean, least and most tokens under a name; 0 where there is no answer. */
function tokenMeasures<N extends string>(
  name: N,
  completions: readonly Completion[],
): Record<N | `${N}Least` | `${N}Most`, number> {
  const lengths = completions.length === 0 ? [0] : completions.map(({ tokens }) => tokens.length);
  const measures = [
    [name, mean(lengths)],
    [`${name}Least`, Math.min(...lengths)],
    [`${name}Most`, Math.max(...lengths)],
  ];
  return Object.fromEntries(measures) as Record<N | `${N}Least` | `${N}Most`, number>;
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length / items.length;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
