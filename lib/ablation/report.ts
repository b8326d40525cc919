/** What measured learnings say: means over seeds, their spread, bootstrap intervals, and each row against the full one. Pure. */
import { variance } from "../core/stats.js";
import { type BootstrapInterval, bootstrap, DEFAULT_BOOTSTRAP, isApart } from "../eval/bootstrap.js";
import type { RowResult } from "./folder.js";
import { type DomainFigures, domainFigures, type Measured, measuredOf, type SetNumbers } from "./measured.js";
import type { Plan } from "./options.js";
import { FULL, type PaperNumbers, type RowName, TABLE_4 } from "./table.js";

/** A figure over seeds. */
export interface SeedFigure {
  /** Mean over seeds; null where one of them does not have it. */
  readonly mean: number | null;
  /** Sample standard deviation over seeds; null of one seed, and where the mean is. */
  readonly sd: number | null;
  /** Bounds of the interval; null where no replicate has the figure. */
  readonly low: number | null;
  readonly high: number | null;
  /** Replicates without the figure, which the bounds leave out. */
  readonly omitted: number;
}

/** A row less the full one, of the same seeds and videos. */
export interface Difference extends Pick<BootstrapInterval, "value" | "low" | "high" | "omitted"> {
  /** Is zero outside the interval? Null without one. */
  readonly isApart: boolean | null;
}

/** A row over one domain. */
export interface DomainReport {
  readonly srcc: SeedFigure;
  readonly plcc: SeedFigure;
  /** Mean absolute error, labels as their lists have them; its mean over seeds alone. */
  readonly mae: Pick<SeedFigure, "mean" | "sd">;
  /** Less the full row; null for that row, and without it. */
  readonly difference: { readonly srcc: Difference; readonly plcc: Difference } | null;
}

/** A row with one seed. */
export interface SeedReport {
  readonly seed: number;
  readonly sets: readonly SetNumbers[];
  readonly inDomain: DomainFigures;
  readonly outOfDomain: DomainFigures;
}

/** A row over all seeds. */
export interface RowReport {
  readonly row: RowName;
  readonly title: string;
  /** As the paper prints them, of its own model and lists. */
  readonly paper: PaperNumbers;
  readonly inDomain: DomainReport;
  readonly outOfDomain: DomainReport;
  readonly seeds: readonly SeedReport[];
}

/** A table of which every learning is measured. */
export interface AblationReport {
  readonly table: 4;
  readonly model: string;
  /** How the temporal reward was read; null where the configuration says it. */
  readonly temporal: Plan["temporal"];
  readonly seeds: readonly number[];
  /** Updates of every learning. */
  readonly steps: number;
  /** Of the intervals. */
  readonly level: number;
  readonly replicates: number;
  readonly rows: readonly RowReport[];
}

const DOMAINS = ["inDomain", "outOfDomain"] as const;
const METRICS = ["srcc", "plcc"] as const;

/** Figures of one drawing, by `ROW DOMAIN METRIC`, and with `- ` before it what it is less the full row. */
type Figures = Record<string, number>;

/**
 * @param results  every row of every seed, on the same videos.
 * @param plan     its rows in the table's order.
 */
export function reportOf(
  results: readonly RowResult[],
  { rows, seeds, model, temporal }: Pick<Plan, "rows" | "seeds" | "model" | "temporal">,
): AblationReport {
  const of = (row: RowName) =>
    seeds.map((seed) => measuredOf(results.find((one) => one.row === row && one.seed === seed) as RowResult));
  const measured = new Map(rows.map((row) => [row, of(row)]));
  const intervals = intervalsOf(measured);
  return {
    table: 4,
    model,
    temporal,
    seeds,
    steps: results[0]?.steps ?? 0,
    level: DEFAULT_BOOTSTRAP.level,
    replicates: DEFAULT_BOOTSTRAP.replicates,
    rows: [...measured].map(([row, ofSeeds]) => rowReport(row, ofSeeds, seeds, intervals)),
  };
}

/** Seeds and each set's videos are drawn; every row is measured on the same of them. */
function intervalsOf(measured: ReadonlyMap<RowName, readonly Measured[]>): Record<string, BootstrapInterval> {
  const [first = []] = measured.values();
  const sets = first[0]?.sets ?? [];
  const sizes = {
    seeds: first.length,
    ...Object.fromEntries(sets.map(({ places }, i) => [`set ${i}`, places.length])),
  };
  return bootstrap<string, string>(sizes, (drawn) => {
    const placesOf = (group: string) => drawn[group] as Int32Array;
    const places = sets.map((_, i) => placesOf(`set ${i}`));
    const seeds = placesOf("seeds");
    const figures: Figures = {};
    for (const [row, ofSeeds] of measured) {
      // A seed that is drawn twice is measured once.
      const known = new Map<number, Record<(typeof DOMAINS)[number], DomainFigures>>();
      for (const seed of seeds) {
        const found = known.get(seed) ?? domainFigures(ofSeeds[seed] as Measured, places);
        known.set(seed, found);
        for (const domain of DOMAINS)
          for (const metric of METRICS) {
            const name = `${row} ${domain} ${metric}`;
            const value = (found[domain][metric] ?? Number.NaN) / seeds.length;
            figures[name] = (figures[name] ?? 0) + value;
          }
      }
    }
    if (!measured.has(FULL)) return figures;
    return { ...figures, ...lessFull(figures) };
  });
}

function lessFull(figures: Figures): Figures {
  const less = Object.entries(figures).map(([name, value]) => {
    const [, ...column] = name.split(" ");
    return [`- ${name}`, value - (figures[[FULL, ...column].join(" ")] ?? Number.NaN)];
  });
  return Object.fromEntries(less) as Figures;
}

function rowReport(
  row: RowName,
  ofSeeds: readonly Measured[],
  seeds: readonly number[],
  intervals: Record<string, BootstrapInterval>,
): RowReport {
  const { title, paper } = TABLE_4[row];
  const reports = ofSeeds.map((measured, i): SeedReport => {
    const { sets } = measured;
    return { seed: seeds[i] as number, sets: sets.map(({ numbers }) => numbers), ...domainFigures(measured) };
  });
  const domain = (name: (typeof DOMAINS)[number]): DomainReport => {
    const spreadOf = (metric: keyof DomainFigures) => spread(reports.map((report) => report[name][metric]));
    const figure = (metric: (typeof METRICS)[number]): SeedFigure => {
      const { low, high, omitted } = intervals[`${row} ${name} ${metric}`] as BootstrapInterval;
      return { ...spreadOf(metric), low, high, omitted };
    };
    const less = (metric: (typeof METRICS)[number]): Difference => {
      const interval = intervals[`- ${row} ${name} ${metric}`] as BootstrapInterval;
      return { ...interval, isApart: isApart(interval) };
    };
    const isCompared = row !== FULL && `- ${row} ${name} srcc` in intervals;
    return {
      srcc: figure("srcc"),
      plcc: figure("plcc"),
      mae: spreadOf("mae"),
      difference: isCompared ? { srcc: less("srcc"), plcc: less("plcc") } : null,
    };
  };
  return {
    row,
    title,
    paper,
    inDomain: domain("inDomain"),
    outOfDomain: domain("outOfDomain"),
    seeds: reports,
  };
}

/** No spread is made up of one seed. */
function spread(values: readonly (number | null)[]): Pick<SeedFigure, "mean" | "sd"> {
  const there = values.flatMap((value) => value ?? []);
  if (there.length < values.length) return { mean: null, sd: null };
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
  return { mean, sd: there.length < 2 ? null : Math.sqrt(variance(there, 1)) };
}
