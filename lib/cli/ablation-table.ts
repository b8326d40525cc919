/** A finished ablation as lines: its table beside the paper's, what can be told apart, and what the numbers are not. Pure. */
import type { AblationReport, Difference, DomainReport, RowReport, SeedFigure } from "../ablation/report.js";
import { FULL, TABLE_4 } from "../ablation/table.js";
import { decimals } from "../core/decimal.js";

/** Over fewer seeds a bootstrap interval is known to be too narrow. */
const MANY_SEEDS = 10;
const DOMAINS = [
  { key: "inDomain", title: "in-domain" },
  { key: "outOfDomain", title: "out-of-domain" },
] as const;

export function ablationLines(report: AblationReport): string[] {
  const { model, rows, seeds, steps, level, replicates } = report;
  const many = seeds.length === 1 ? "1 seed" : `${seeds.length} seeds`;
  return [
    `Table ${report.table} by ${model}, ${many}, ${steps} steps a learning: mean ± sd over seeds [${100 * level} % interval of ${replicates} replicates], and the paper's number`,
    "",
    ...DOMAINS.flatMap(({ key, title }) => [...table(title, rows, key), ""]),
    ...against(report),
    "",
    ...notes(report),
  ];
}

function table(title: string, rows: readonly RowReport[], domain: "inDomain" | "outOfDomain"): string[] {
  const cells = rows.map((row) => {
    const { srcc, plcc, mae } = row[domain];
    const paper = row.paper[domain];
    return [row.title, figure(srcc), printed(paper.srcc), figure(plcc), printed(paper.plcc), meanOf(mae)];
  });
  return aligned([[title, "SRCC", "paper", "PLCC", "paper", "mean error"], ...cells]);
}

function meanOf({ mean, sd }: DomainReport["mae"]): string {
  if (mean === null) return "none";
  return sd === null ? decimals(mean, 2) : `${decimals(mean, 2)} ± ${decimals(sd, 2)}`;
}

function figure({ mean, sd, low, high }: SeedFigure): string {
  if (mean === null) return "none";
  const spread = sd === null ? "no sd" : decimals(sd, 3);
  return `${shown(mean, 3)} ± ${spread} [${bound(low)}, ${bound(high)}]`;
}

/** With the minus sign of print, which lies as wide as a plus. */
const shown = (value: number, digits: number) => decimals(value, digits).replace(/^-/, "−");
const bound = (value: number | null) => (value === null ? "none" : shown(value, 3));
const printed = (value: number) => value.toFixed(3);

/** One line for each row beside the full one. */
function against({ rows }: AblationReport): string[] {
  const others = rows.filter(({ inDomain }) => inDomain.difference !== null);
  if (rows.every(({ row }) => row !== FULL))
    return ["Without the full row there is nothing to compare with."];
  if (others.length === 0) return ["Beside the full row there is none to compare."];
  const lines = others.map((row) => [
    `${row.title}:`,
    ...DOMAINS.map(
      ({ key, title }) => `${title} ${difference((row[key].difference as { srcc: Difference }).srcc)}`,
    ),
  ]);
  return [
    "Less the full method, SRCC of the same seeds and videos:",
    ...aligned(lines).map((line) => `  ${line}`),
  ];
}

function difference({ value, low, high, isApart }: Difference): string {
  if (value === null || low === null || high === null) return "none: a row has no correlation, as said below";
  const interval = `${signed(value)} [${signed(low)}, ${signed(high)}]`;
  return isApart ? interval : `cannot be told apart with these seeds ${interval}`;
}

function signed(value: number): string {
  const text = Math.abs(value).toFixed(3);
  return Number(text) === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}

function notes({ rows, seeds, temporal }: AblationReport): string[] {
  const unscored = rows.flatMap(({ title, seeds: each }) => {
    const sets = each.flatMap((one) => one.sets);
    const missing = sets.reduce((sum, { videos, scored }) => sum + videos - scored, 0);
    const all = sets.reduce((sum, { videos }) => sum + videos, 0);
    return missing === 0
      ? []
      : [`${title}: ${missing} of ${all} videos have no score and count in no figure.`];
  });
  const omitted = rows.some((row) =>
    DOMAINS.some(({ key }) => row[key].srcc.omitted + row[key].plcc.omitted > 0),
  );
  return [
    ...unscored,
    ...rows.flatMap(undefinedNote),
    ...(omitted ? ["Replicates in which a correlation is not defined are left out of the intervals."] : []),
    ...(rows.some(({ row }) => TABLE_4[row].rewards.includes("temporal")) ? temporalNote(temporal) : []),
    seedNote(seeds.length),
    "The paper's numbers are of 8 billion parameters on its own lists: compare directions with them, not sizes.",
  ];
}

/** Why a row has no correlation: a reason with the seeds and lists that it holds for. */
function undefinedNote({ title, seeds }: RowReport): string[] {
  const reasons = new Map<string, string[]>();
  for (const { seed, sets } of seeds)
    for (const { name, undefinedFor } of sets)
      if (undefinedFor !== null)
        reasons.set(undefinedFor, [...(reasons.get(undefinedFor) ?? []), `${name} with seed ${seed}`]);
  return [...reasons].map(([why, where]) => `${title}: no correlation, ${why} (${where.join(", ")}).`);
}

function temporalNote(reading: AblationReport["temporal"]): string[] {
  switch (reading) {
    case "answer":
      return [
        "The temporal reward goes to each answer by its own: as printed it teaches nothing (--temporal printed).",
      ];
    case "printed":
      return [
        "The temporal reward is as printed: all answers to a video earn the same, so a row with it learns as the row without.",
      ];
    case null:
      return [];
  }
}

function seedNote(seeds: number): string {
  if (seeds === 1)
    return "One seed: there is no spread over seeds, and the intervals are over videos alone: another seed may lie outside.";
  if (seeds < MANY_SEEDS)
    return `Intervals are over seeds and videos; over ${seeds} seeds they are too narrow: what lies at the edge is not settled.`;
  return "Intervals are over seeds and videos.";
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
