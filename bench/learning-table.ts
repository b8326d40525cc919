/** What learnings came to, by settings: means over seeds. Pure. */
import { mean } from "../lib/core/stats.js";
import type { SetNumbers } from "../lib/demo/evaluate.js";
import { HELD_OUT, HELD_OUT_NAMES, type HeldOutName } from "../lib/demo/sets.js";
import { seedsOf, tableHead, tableRow } from "./markdown.js";
import { halfInterval } from "./preset-gains.js";

export interface LearningRow {
  readonly settings: string;
  readonly seed: number;
  /** The configuration but for paths and seed. */
  readonly keys: Readonly<Record<string, unknown>>;
  /** Clips that were trained on; absent: the demonstration's. */
  readonly clips?: number | undefined;
  readonly steps: number;
  /** Of training alone; `cpuSeconds` of its process. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the answers or replies that were learned from. */
  readonly tokens: number;
  /** Share of the answers afterwards that are one block of each kind and nothing else. */
  readonly oneBlock: number;
  readonly before: Readonly<Record<HeldOutName, SetNumbers>>;
  readonly after: Readonly<Record<HeldOutName, SetNumbers>>;
}

/** A set whose predictions are all equal counts as 0. */
const srcc = ({ after }: LearningRow, name: HeldOutName) => after[name].srcc ?? 0;

/** Rows of Markdown: SRCC of each set, of the first with its interval over seeds; in-domain error; cost. */
export function learningTable(rows: readonly LearningRow[], settings: readonly string[]): string[] {
  const sets = HELD_OUT_NAMES.map((name) => HELD_OUT[name]);
  const head = ["settings", ...sets, "MAE in-domain", "one block", "steps", "CPU s", "tokens", "seeds"];
  return [
    ...tableHead(head),
    ...settings.flatMap((name) => {
      const own = rows.filter((row) => row.settings === name);
      if (own.length === 0) return [];
      const over = (of: (row: LearningRow) => number) => mean(own.map(of));
      const half = halfInterval(own.map((row) => srcc(row, "inDomain")));
      const shown = HELD_OUT_NAMES.map((set) => over((row) => srcc(row, set)).toFixed(3));
      if (half !== null) shown[0] += ` ± ${half.toFixed(3)}`;
      const cells = [
        `\`${name}\``,
        ...shown,
        over(({ after }) => after.inDomain.mae ?? Number.NaN).toFixed(2),
        `${(100 * over(({ oneBlock }) => oneBlock)).toFixed(1)} %`,
        over(({ steps }) => steps).toFixed(0),
        over(({ cpuSeconds }) => cpuSeconds).toFixed(0),
        over(({ tokens }) => tokens).toFixed(0),
        seedsOf(own),
      ];
      return [tableRow(cells)];
    }),
  ];
}
