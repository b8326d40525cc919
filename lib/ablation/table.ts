/** Table 4 of the paper: its rows as switches, and its numbers. Data; knows no run. */
import type { PresetName } from "../presets/presets.js";

export const ROW_NAMES = [
  "rank",
  "regression",
  "rank-regression",
  "no-motion",
  "no-reasoning",
  "full",
] as const;
/** A row of table 4. */
export type RowName = (typeof ROW_NAMES)[number];

/** The row that the others are compared with. */
export const FULL: RowName = "full";

export const START_NAMES = ["reasoning", "no-motion", "no-reasoning"] as const;
/** The model that a row's learning begins with: made by supervised fine-tuning in the form of the row's answers. */
export type StartName = (typeof START_NAMES)[number];

/** Correlations over one domain. */
export interface Correlations {
  readonly srcc: number;
  readonly plcc: number;
}

/** Both columns of a row. */
export interface PaperNumbers {
  readonly inDomain: Correlations;
  readonly outOfDomain: Correlations;
}

export interface TableRow {
  /** As a person reads it. */
  readonly title: string;
  /** By their names in a configuration; each row has the format reward besides. */
  readonly rewards: readonly ("ranking" | "regression" | "temporal")[];
  readonly motion: boolean;
  readonly reasoning: boolean;
  readonly preset: PresetName;
  readonly start: StartName;
  /** As printed. */
  readonly paper: PaperNumbers;
}

const whole = { motion: true, reasoning: true, preset: "paper", start: "reasoning" } as const;

function numbers(...[srcc, plcc, outSrcc, outPlcc]: [number, number, number, number]): PaperNumbers {
  return { inDomain: { srcc, plcc }, outOfDomain: { srcc: outSrcc, plcc: outPlcc } };
}

/** In the paper's order. @source VQAThinker (arXiv:2508.06051), table 4. */
export const TABLE_4: Readonly<Record<RowName, TableRow>> = {
  rank: {
    ...whole,
    title: "rank alone",
    rewards: ["ranking"],
    paper: numbers(0.78, 0.785, 0.506, 0.541),
  },
  regression: {
    ...whole,
    title: "regression alone",
    rewards: ["regression"],
    paper: numbers(0.823, 0.834, 0.62, 0.652),
  },
  "rank-regression": {
    ...whole,
    title: "rank + regression",
    rewards: ["regression", "ranking"],
    paper: numbers(0.849, 0.86, 0.638, 0.677),
  },
  "no-motion": {
    title: "without motion",
    rewards: ["regression", "ranking"],
    motion: false,
    reasoning: true,
    preset: "paper-no-motion",
    start: "no-motion",
    paper: numbers(0.84, 0.853, 0.614, 0.65),
  },
  "no-reasoning": {
    title: "without reasoning",
    rewards: ["regression", "ranking", "temporal"],
    motion: true,
    reasoning: false,
    preset: "paper-no-reasoning",
    start: "no-reasoning",
    paper: numbers(0.844, 0.848, 0.627, 0.66),
  },
  full: {
    ...whole,
    title: "full method",
    rewards: ["regression", "ranking", "temporal"],
    paper: numbers(0.855, 0.866, 0.662, 0.698),
  },
};
