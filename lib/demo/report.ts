/** What the demonstration shows at its end: the table, three traces, the JSON. Pure text. */
import { basename } from "node:path";
import type { SetNumbers, SetReport } from "./evaluate.js";
import { HELD_OUT, HELD_OUT_NAMES, type HeldOutName } from "./sets.js";

export type Reports = Readonly<Record<HeldOutName, SetReport>>;

/** The JSON report, as documented for `--json`. */
export interface DemoReport {
  readonly before: Readonly<Record<HeldOutName, SetNumbers>>;
  readonly after: Readonly<Record<HeldOutName, SetNumbers>>;
  /** GRPO steps made. */
  readonly steps: number;
  /** From the first GRPO step to the end of the last evaluation. */
  readonly seconds: number;
  readonly seed: number;
  /** Its name; null for the demonstration's own method. */
  readonly preset: string | null;
  /** The run folder. */
  readonly run: string;
}

export function numbersOf(reports: Reports): Record<HeldOutName, SetNumbers> {
  return Object.fromEntries(HELD_OUT_NAMES.map((name) => [name, reports[name].numbers])) as Record<
    HeldOutName,
    SetNumbers
  >;
}

/** Rows of held-out sets; SRCC, PLCC and mean absolute error before → after. */
export function table({ before, after }: Pick<DemoReport, "before" | "after">): string[] {
  const arrow = (name: HeldOutName, key: "srcc" | "plcc" | "mae") =>
    `${number(before[name][key])} -> ${number(after[name][key])}`.padEnd(18);
  return [
    `${"held-out set".padEnd(20)}${"SRCC".padEnd(18)}${"PLCC".padEnd(18)}${"MAE".padEnd(18)}videos`,
    ...HELD_OUT_NAMES.map(
      (name) =>
        `${HELD_OUT[name].padEnd(20)}${arrow(name, "srcc")}${arrow(name, "plcc")}${arrow(name, "mae")}${after[name].n}`,
    ),
  ];
}

function number(value: number | null): string {
  return value === null ? "none" : value.toFixed(3);
}

/** Answers before and after to three in-domain videos, at the tenth, fiftieth and ninetieth percentile of the true score. */
export function traces(before: Reports, after: Reports): string[] {
  const { predictions } = after.inDomain;
  const byTarget = predictions
    .map((_, i) => i)
    .sort((a, b) => (predictions[a]?.target ?? 0) - (predictions[b]?.target ?? 0));
  return [0.1, 0.5, 0.9].flatMap((part) => {
    const i = byTarget[Math.floor(part * (byTarget.length - 1))] ?? 0;
    const { video = "", target = Number.NaN } = predictions[i] ?? {};
    return [
      `${HELD_OUT.inDomain}/${basename(video)}, true score ${target.toFixed(2)}`,
      `  before  ${before.inDomain.texts[i] ?? ""}`,
      `  after   ${after.inDomain.texts[i] ?? ""}`,
    ];
  });
}
