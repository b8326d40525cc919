/** A step's event as the scalars of a dashboard: TRL's names where they mean the same. Pure; knows no method. */
import type { EvaluationEvent, RunStep } from "../events.js";

const LEFT_OUT = new Set(["type", "step", "steps"]);

/** Where TRL has another word; all other names are ours with _ between words. */
const NAMES: Readonly<Record<string, string>> = {
  seconds: "step_time",
  silentGroups: "frac_reward_zero_std",
  answerTokens: "completions/mean_length",
  answerTokensLeast: "completions/min_length",
  answerTokensMost: "completions/max_length",
  truncated: "completions/clipped_ratio",
  endedTokens: "completions/mean_terminated_length",
  endedTokensLeast: "completions/min_terminated_length",
  endedTokensMost: "completions/max_terminated_length",
  clipFraction: "clip_ratio/region_mean",
  clipLowFraction: "clip_ratio/low_mean",
  clipHighFraction: "clip_ratio/high_mean",
  clipLowLeast: "clip_ratio/low_min",
  clipHighMost: "clip_ratio/high_max",
  phi: "vespo/phi_seq_mean",
};

/** Prefixed as the Trainer of transformers does it. */
const [PREFIX, EVALUATION_PREFIX] = ["train/", "eval/"];

type Scalar = readonly [tag: string, value: number];

/** One tag for each number, also for one that is not finite; null and what is no number have none. */
export function scalarsOf(event: RunStep): Scalar[] {
  return Object.entries(event).flatMap(([key, value]): Scalar[] => {
    if (LEFT_OUT.has(key)) return [];
    const name = `${PREFIX}${NAMES[key] ?? underscored(key)}`;
    if (typeof value === "number") return [[name, value]];
    // TRL has the spread of each reward beside its mean.
    const end = key === "rewards" ? "/mean" : "";
    return nested(value).map(([one, number]) => [`${name}/${one}${end}`, number]);
  });
}

/** What an evaluation measured. */
export function evaluationScalars({ afterStep: _step, ...event }: EvaluationEvent): Scalar[] {
  return nested(event).map(([key, value]) => [`${EVALUATION_PREFIX}${underscored(key)}`, value]);
}

function nested(value: unknown): [string, number][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).filter((pair): pair is [string, number] => typeof pair[1] === "number");
}

function underscored(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
