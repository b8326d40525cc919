/**
 * Percentile bootstrap: how far figures would move with other units, were the units at hand all there are to draw from.
 * The only intervals of the package that make no assumption about a distribution. Pure; knows no video and no model.
 */
import { checkFunction, checkInteger, checkNumber } from "../core/check.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { Draws, streamOf } from "../core/rng.js";

/** How often and how widely units are drawn. */
export interface BootstrapOptions {
  /** Names the random stream of the drawing; default: 0. */
  readonly seed?: number | undefined;
  /** Times that the units are drawn, ≥ 1; default: 1000. */
  readonly replicates?: number | undefined;
  /** Part of the replicates that lies within an interval, in (0, 1); default: 0.95. */
  readonly level?: number | undefined;
}

/** A figure and its interval, in the figure's own unit. */
export interface BootstrapInterval {
  /** Of the units as they are, each once; null where it is not defined. */
  readonly value: number | null;
  /** Both null where no replicate has the figure. */
  readonly low: number | null;
  readonly high: number | null;
  /** Replicates that do not have the figure (NaN), as a correlation where all that was drawn is equal: the bounds leave them out. */
  readonly omitted: number;
}

/** Places of the units of one drawing, by group: as many as the group has, with repeats. */
export type Drawn<G extends string> = Readonly<Record<G, Int32Array>>;

export const DEFAULT_BOOTSTRAP = { seed: 0, replicates: 1000, level: 0.95 } as const;
const OPTIONS: Names<BootstrapOptions> = { seed: true, replicates: true, level: true };

/**
 * Intervals of several figures. In each replicate every group's units are drawn anew with replacement, the groups independently
 * of each other and in the order in which they are named; all figures are of the same drawing. So a difference of two systems,
 * being one of the figures, is paired by itself, and what depends on two crossed kinds of units, such as seeds and the videos
 * that every seed is measured on, has each kind as a group.
 *
 * @param sizes    units of each group, ≥ 1; one of a single unit adds no width.
 * @param figures  the figures of a drawing, always the same names; NaN where one is not defined.
 * @throws {EngineError} E_OPTION for a size or an option out of its range.
 * @source Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3, with quantiles interpolated linearly;
 *         crossed groups: Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2), 2007.
 */
export function bootstrap<G extends string, F extends string>(
  sizes: Readonly<Record<G, number>>,
  figures: (drawn: Drawn<G>) => Readonly<Record<F, number>>,
  options: BootstrapOptions = {},
): Record<F, BootstrapInterval> {
  checkOptions(options, OPTIONS);
  checkFunction("figures", figures);
  const groups = Object.entries(sizes) as [G, number][];
  for (const [name, size] of groups) checkInteger(`sizes.${name}`, size, 1);
  const seed = checkInteger("seed", options.seed ?? DEFAULT_BOOTSTRAP.seed, 0);
  const replicates = checkInteger("replicates", options.replicates ?? DEFAULT_BOOTSTRAP.replicates, 1);
  const level = checkNumber(
    "level",
    options.level ?? DEFAULT_BOOTSTRAP.level,
    Number.MIN_VALUE,
    1 - Number.EPSILON,
  );
  const places = (placeOf: (size: number, i: number) => number) =>
    Object.fromEntries(
      groups.map(([name, size]) => [name, Int32Array.from({ length: size }, (_, i) => placeOf(size, i))]),
    ) as unknown as Drawn<G>;
  const own = figures(places((_, i) => i));
  const names = Object.keys(own) as F[];
  const values = new Map(names.map((name) => [name, new Float64Array(replicates)]));
  const draws = new Draws(streamOf("bootstrap", seed));
  for (let replicate = 0; replicate < replicates; replicate++) {
    const drawn = figures(places((size) => draws.below(size)));
    for (const [name, column] of values) column[replicate] = drawn[name];
  }
  return Object.fromEntries(
    names.map((name) => [name, intervalOf(own[name], values.get(name) ?? new Float64Array(), level)]),
  ) as Record<F, BootstrapInterval>;
}

function intervalOf(own: number, column: Float64Array, level: number): BootstrapInterval {
  const defined = column.filter((value) => !Number.isNaN(value)).sort();
  const tail = (1 - level) / 2;
  return {
    value: orNull(own),
    low: orNull(quantile(defined, tail)),
    high: orNull(quantile(defined, 1 - tail)),
    omitted: column.length - defined.length,
  };
}

const orNull = (value: number) => (Number.isNaN(value) ? null : value);

/** Of sorted values, linear between two; NaN of none. */
function quantile(sorted: Float64Array, part: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = part * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (at - below);
}

/** Do the replicates lie on one side of zero? Null where there is no interval. */
export function isApart({ low, high }: BootstrapInterval): boolean | null {
  return low === null || high === null ? null : low > 0 || high < 0;
}
