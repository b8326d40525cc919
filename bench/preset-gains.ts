/** What rank correlations gained over seeds: a mean, and the interval that Student's t gives it. Pure. */
import { decimals } from "../lib/core/decimal.js";
import { mean, variance } from "../lib/core/stats.js";
import type { SetNumbers } from "../lib/demo/evaluate.js";
import { HELD_OUT, HELD_OUT_NAMES, type HeldOutName } from "../lib/demo/sets.js";
import type { PresetName } from "../lib/presets/presets.js";
import { seedsOf, tableHead, tableRow } from "./markdown.js";

export interface PresetRow {
  readonly preset: PresetName;
  readonly seed: number;
  readonly steps: number;
  /** From the first GRPO step to the end of the last evaluation. */
  readonly seconds: number;
  /** What the demonstration set over the preset. */
  readonly overlay: Readonly<Record<string, unknown>>;
  readonly before: Readonly<Record<HeldOutName, SetNumbers>>;
  readonly after: Readonly<Record<HeldOutName, SetNumbers>>;
}

/** Two-sided 95 % quantile of Student's t with 1, 2, 3 … degrees of freedom. */
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];
/** The normal distribution's, for more. */
const Z95 = 1.96;

/** SRCC after less SRCC before; a set whose predictions are all equal counts as 0. */
function gain({ before, after }: PresetRow, name: HeldOutName): number {
  return (after[name].srcc ?? 0) - (before[name].srcc ?? 0);
}

/** Half the 95 % interval of a mean; null with fewer than two values. */
export function halfInterval(gains: readonly number[]): number | null {
  if (gains.length < 2) return null;
  const t = T95[gains.length - 2] ?? Z95;
  return t * Math.sqrt(variance(gains, 1) / gains.length);
}

/** Rows of Markdown: each set's mean gain, the mean of the three with its interval over seeds, error before and after. */
export function gainTable(rows: readonly PresetRow[], presets: readonly PresetName[]): string[] {
  const sets = HELD_OUT_NAMES.map((name) => HELD_OUT[name]);
  const head = ["preset", ...sets, "mean gain of SRCC", "MAE in-domain", "seeds"];
  return [
    ...tableHead(head),
    ...presets.flatMap((preset) => {
      const own = rows.filter((row) => row.preset === preset);
      if (own.length === 0) return [];
      const all = own.map((row) => mean(HELD_OUT_NAMES.map((name) => gain(row, name))));
      const half = halfInterval(all);
      const mae = (when: "before" | "after") =>
        decimals(mean(own.map((row) => row[when].inDomain.mae ?? Number.NaN)), 2);
      const cells = [
        `\`${preset}\``,
        ...HELD_OUT_NAMES.map((name) => signed(mean(own.map((row) => gain(row, name))))),
        `${signed(mean(all))}${half === null ? "" : ` ± ${decimals(half, 3)}`}`,
        `${mae("before")} → ${mae("after")}`,
        seedsOf(own),
      ];
      return [tableRow(cells)];
    }),
  ];
}

const signed = (value: number) => `${value < 0 ? "−" : "+"}${decimals(Math.abs(value), 3)}`;
