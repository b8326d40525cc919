/**
 * Two ways of learning held against each other on the same clips: mean figures over seeds, their difference, and how far these
 * would move with other seeds and other videos. Pure.
 */
import { mean } from "../lib/core/stats.js";
import { type BootstrapInterval, bootstrap } from "../lib/eval/bootstrap.js";
import { mae, plcc, srcc } from "../lib/eval/correlation.js";
import type { Prediction } from "../lib/eval/evaluate.js";
import { tableRow } from "./markdown.js";

/** Predictions of one seed's videos, in the same order by every way of learning. */
export type BySeed = ReadonlyMap<number, readonly Prediction[]>;

const MEASURES = { srcc, plcc, mae } as const;
export type Measure = keyof typeof MEASURES;
const MEASURE_NAMES = Object.keys(MEASURES) as Measure[];
export type Figure = `${Measure} ${"one" | "other" | "difference"}`;

/**
 * Seeds are drawn anew, and within each its videos, by both ways the same ones.
 *
 * @returns of each measure the mean over seeds by either way, and the second less the first.
 * @throws {EngineError} E_OPTION without a seed that both have.
 */
export function compared(one: BySeed, other: BySeed): Record<Figure, BootstrapInterval> {
  const seeds = [...one.keys()].filter((seed) => other.has(seed));
  const videos = seeds.map((seed): [string, number] => [`videos ${seed}`, one.get(seed)?.length ?? 0]);
  return bootstrap<string, Figure>({ seeds: seeds.length, ...Object.fromEntries(videos) }, (drawn) => {
    // A seed that is drawn twice counts twice, and is measured once.
    const measured = seeds.map((seed) => {
      const places = drawn[`videos ${seed}`] ?? new Int32Array();
      return { one: measures(one.get(seed) ?? [], places), other: measures(other.get(seed) ?? [], places) };
    });
    const over = (way: "one" | "other", measure: Measure) =>
      mean(Array.from(drawn["seeds"] ?? [], (i) => measured[i]?.[way][measure] ?? Number.NaN));
    const figures = MEASURE_NAMES.flatMap((measure): [Figure, number][] => {
      const [first, second] = [over("one", measure), over("other", measure)];
      return [
        [`${measure} one`, first],
        [`${measure} other`, second],
        [`${measure} difference`, second - first],
      ];
    });
    return Object.fromEntries(figures) as Record<Figure, number>;
  });
}

/** Of the videos at these places that have a score. */
function measures(predictions: readonly Prediction[], places: Int32Array): Record<Measure, number> {
  const scored = Array.from(places).flatMap((i) => {
    const { score, target } = predictions[i] as Prediction;
    return score === null ? [] : [{ score, target }];
  });
  const [found, truth] = [scored.map(({ score }) => score), scored.map(({ target }) => target)];
  return { srcc: srcc(found, truth), plcc: plcc(found, truth), mae: mae(found, truth) };
}

/** A line of Markdown for each measure. */
export function comparisonLines(set: string, figures: Readonly<Record<Figure, BootstrapInterval>>): string[] {
  return MEASURE_NAMES.map((measure) => {
    const cells = (["one", "other", "difference"] as const).map((which) =>
      shown(figures[`${measure} ${which}`]),
    );
    return tableRow([set, measure.toUpperCase(), ...cells]);
  });
}

function shown({ value, low, high }: BootstrapInterval): string {
  return value === null ? "none" : `${decimal(value)} [${decimal(low)}, ${decimal(high)}]`;
}

const decimal = (value: number | null) => (value === null ? "none" : value.toFixed(3).replace("-", "−"));
