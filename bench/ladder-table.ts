/** What a measure makes of ladders of distortion: order within a clip, pairs, words. Pure. */
import { percent } from "../lib/core/percent.js";
import { mean } from "../lib/core/stats.js";
import { srcc } from "../lib/eval/correlation.js";
import { tableHead, tableRow } from "./markdown.js";

/** One copy of a clip. */
export interface Rung {
  readonly id: string;
  readonly clip: string;
  /** The ladder's name; "none" for the copy that nothing spoils. */
  readonly ladder: string;
  /** From 0, the unspoilt copy, to 5. */
  readonly level: number;
  /** The word for what spoils it. */
  readonly kind: string | null;
  /** Pseudo-opinion. */
  readonly score: number;
}

/** A number for each rung by its id, higher for better; null where there is none. */
export type Measured = ReadonlyMap<string, number | null>;

const values = (rungs: readonly Rung[], measured: Measured) =>
  rungs.map(({ id }) => measured.get(id) ?? Number.NaN);

/** The five rungs of each clip of a ladder, in order. */
function ladders(rungs: readonly Rung[], ladder: string): Rung[][] {
  const clips = [...new Set(rungs.map(({ clip }) => clip))];
  return clips.map((clip) =>
    rungs.filter((rung) => rung.clip === clip && rung.ladder === ladder).sort((a, b) => a.level - b.level),
  );
}

/** Rank correlation of the measure with −level within each clip, the mean over clips; one that says the same of all counts as 0. */
export function withinClips(rungs: readonly Rung[], ladder: string, measured: Measured): number {
  return mean(
    ladders(rungs, ladder).map((five) => {
      const found = values(five, measured);
      return (
        srcc(
          found,
          five.map(({ level }) => -level),
        ) || 0
      );
    }),
  );
}

/** Share of pairs two or more levels apart that are in order; equal ones are not. */
export function orderedPairs(rungs: readonly Rung[], ladder: string, measured: Measured): number {
  const pairs = ladders(rungs, ladder).flatMap((five) =>
    five.flatMap((better) =>
      five.filter(({ level }) => level >= better.level + 2).map((worse) => [better, worse] as const),
    ),
  );
  const right = pairs.filter(
    ([better, worse]) => (measured.get(better.id) ?? Number.NaN) > (measured.get(worse.id) ?? Number.NaN),
  );
  return right.length / pairs.length;
}

/** Rank correlation with the pseudo-opinions over all rungs that have a number. */
export function pooled(rungs: readonly Rung[], measured: Measured): number {
  const known = rungs.filter(({ id }) => typeof measured.get(id) === "number");
  return srcc(
    values(known, measured),
    known.map(({ score }) => score),
  );
}

/** The clips of which every measure has a number for every rung. */
export function clipsOfAll(rungs: readonly Rung[], measures: readonly Measured[]): string[] {
  const missing = new Set(
    rungs
      .filter(({ id }) => measures.some((measured) => typeof measured.get(id) !== "number"))
      .map(({ clip }) => clip),
  );
  return [...new Set(rungs.map(({ clip }) => clip))].filter((clip) => !missing.has(clip));
}

/** A row for each ladder and one for all: order within clips, pairs, words at the three stronger levels. */
export function ladderTable(
  rungs: readonly Rung[],
  measures: Readonly<Record<string, Measured>>,
  answers: ReadonlyMap<string, string>,
): string[] {
  const names = [...new Set(rungs.map(({ ladder }) => ladder))].filter((name) => name !== "none");
  const heads = Object.keys(measures).flatMap((name) => [`${name}: within clips`, `${name}: pairs`]);
  const cells = (of: (measured: Measured, measure: typeof withinClips) => number) =>
    Object.values(measures).flatMap((measured) =>
      [withinClips, orderedPairs].map((measure) => of(measured, measure).toFixed(3)),
    );
  const named = (some: readonly Rung[]) =>
    some.filter(({ id, kind }) => answers.get(id)?.includes(kind ?? "")).length / some.length;
  const strong = (ladder?: string) =>
    rungs.filter((rung) => rung.level >= 3 && (ladder === undefined || rung.ladder === ladder));
  const row = (name: string, shown: readonly string[], word: number) =>
    tableRow([name, ...shown, percent(word)]);
  return [
    ...tableHead(["ladder", ...heads, "named, levels 3 to 5"]),
    ...names.map((name) =>
      row(
        name,
        cells((measured, measure) => measure(rungs, name, measured)),
        named(strong(name)),
      ),
    ),
    row(
      "mean",
      cells((measured, measure) => mean(names.map((name) => measure(rungs, name, measured)))),
      named(strong()),
    ),
  ];
}
