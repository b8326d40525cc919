/** A learning's scores on every held-out set, and the figures of each domain, for all videos or for those that are drawn. Pure. */
import { mae, plcc, srcc } from "../eval/correlation.js";
import type { RowResult } from "./folder.js";

/** Of one domain; null where one of its sets does not have the figure. */
export interface DomainFigures {
  readonly srcc: number | null;
  readonly plcc: number | null;
  readonly mae: number | null;
}

/** Figures of one held-out set. */
export interface SetNumbers {
  readonly name: string;
  readonly domain: "inDomain" | "outOfDomain";
  readonly srcc: number | null;
  readonly plcc: number | null;
  readonly mae: number | null;
  readonly videos: number;
  /** Of these, videos with a score: the others count in no figure. */
  readonly scored: number;
  /** Why there is no correlation, in words; null where there is one. */
  readonly undefinedFor: string | null;
}

/** Figures of a domain's sets are averaged by their numbers of videos. */
interface MeasuredSet {
  readonly numbers: SetNumbers;
  /** Every video's, in the list's order. */
  readonly places: Int32Array;
  readonly targets: Float64Array;
  /** NaN of a video without a score. */
  readonly scores: Float64Array;
}

export interface Measured {
  readonly sets: readonly MeasuredSet[];
}

export function measuredOf({ sets }: RowResult): Measured {
  return {
    sets: sets.map(({ name, domain, predictions }) => {
      const places = Int32Array.from(predictions, (_, i) => i);
      const targets = Float64Array.from(predictions, ({ target }) => target);
      const scores = Float64Array.from(predictions, ({ score }) => score ?? Number.NaN);
      const numbers: SetNumbers = {
        name,
        domain,
        ...figuresOf({ targets, scores }, places),
        videos: predictions.length,
        scored: scores.filter((score) => !Number.isNaN(score)).length,
        undefinedFor: reasonOf({ targets, scores }),
      };
      return { numbers, places, targets, scores };
    }),
  };
}

/**
 * Σ n·m / Σ n over a domain's sets, n being a set's listed videos.
 *
 * @param drawn  places of the videos of each set; default: every one once.
 * @source the "overall" columns of the paper's tables, which this gives from their sets' numbers.
 */
export function domainFigures(
  { sets }: Measured,
  drawn: readonly Int32Array[] = sets.map(({ places }) => places),
): { readonly inDomain: DomainFigures; readonly outOfDomain: DomainFigures } {
  const figures = sets.map((set, i) => figuresOf(set, drawn[i] as Int32Array));
  const over = (wanted: SetNumbers["domain"]): DomainFigures => {
    const own = sets.flatMap(({ numbers: { domain, videos } }, i) =>
      domain === wanted ? [{ videos, figures: figures[i] as DomainFigures }] : [],
    );
    const all = own.reduce((sum, { videos }) => sum + videos, 0);
    const weighted = (metric: keyof DomainFigures) =>
      orNull(own.reduce((sum, set) => sum + (set.videos / all) * (set.figures[metric] ?? Number.NaN), 0));
    return { srcc: weighted("srcc"), plcc: weighted("plcc"), mae: weighted("mae") };
  };
  return { inDomain: over("inDomain"), outOfDomain: over("outOfDomain") };
}

function figuresOf(
  { targets, scores }: Pick<MeasuredSet, "targets" | "scores">,
  drawn: Int32Array,
): DomainFigures {
  const there = drawn.filter((place) => !Number.isNaN(scores[place]));
  const said = Float64Array.from(there, (place) => scores[place] as number);
  const labels = Float64Array.from(there, (place) => targets[place] as number);
  return {
    srcc: orNull(srcc(said, labels)),
    plcc: orNull(plcc(said, labels)),
    mae: orNull(mae(said, labels)),
  };
}

/** A correlation is of two videos or more, whose scores, and whose labels, are not all the same. */
function reasonOf({ targets, scores }: Pick<MeasuredSet, "targets" | "scores">): string | null {
  const there = [...scores.keys()].filter((place) => !Number.isNaN(scores[place]));
  if (there.length === 0) return "no video has a score";
  if (there.length === 1) return "one video alone has a score";
  const isOne = (values: Float64Array) => new Set(there.map((place) => values[place])).size === 1;
  if (isOne(scores)) return "all its scores are equal";
  return isOne(targets) ? "all labels of its scored videos are equal" : null;
}

const orNull = (value: number) => (Number.isNaN(value) ? null : value);
