/** A manifest's videos scored and compared with their targets. */

import { checkFunction, checkNumber } from "../core/check.js";
import { checkOptions } from "../core/known-options.js";
import type { ManifestEntry } from "../data/entry.js";
import { givenEntries } from "../data/given-entries.js";
import { namesakes } from "../data/namesakes.js";
import { labelWarnings } from "../data/off-scale.js";
import { present } from "../data/presence.js";
import type { Journal } from "../infer/journal.js";
import { scorerOf } from "../infer/model-scorer.js";
import {
  type BatchOptions,
  checkJournal,
  type ScoreManyOptions,
  scoreMany,
  scoreManyNames,
} from "../infer/score-many.js";
import type { Scorer } from "../infer/scorer.js";
import type { ScoreStatus } from "../infer/video-score.js";
import type { Model } from "../model/types.js";
import { krcc, mae, plcc, rmse, srcc } from "./correlation.js";

/** One video of an evaluation: its label and what the scorer said. */
export interface Prediction {
  readonly video: string;
  /** The video as the manifest writes it, where it came from one. */
  readonly name?: string | undefined;
  /** As the manifest has it, on the manifest's own scale; times the label scale if there is one. */
  readonly target: number;
  /** The target as the manifest writes it, where the number alone does not tell. */
  readonly targetText?: string | undefined;
  readonly score: number | null;
  /** As a VideoScore has it, where it was asked for. */
  readonly expected?: number | null | undefined;
  readonly expectedMass?: number | null | undefined;
  /** "absent": there is no such file, so nothing was tried. */
  readonly status: ScoreStatus | "absent";
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** With status "absent": the one file there that is called alike but for its ending or capital letters. */
  readonly similar?: string | undefined;
  /** What an answer without a score counts as, where the evaluation was told so: `score` stays null. */
  readonly countedAs?: number | undefined;
}

/** How predictions follow targets; null where it is not defined (fewer than two, or all equal). */
export interface EvaluationFigures {
  readonly srcc: number | null;
  readonly plcc: number | null;
  readonly krcc: number | null;
  /** Of raw values: meaningful where predictions and targets share a scale. No logistic fit. */
  readonly rmse: number | null;
  readonly mae: number | null;
}

/** Figures of `expected`. */
export interface ExpectedFigures extends EvaluationFigures {
  /** Videos that have one. */
  readonly read: number;
}

/** Correlations over the videos with a score, and over those that count as `unparsedAs`; null where they are not defined (fewer than two, or all equal). */
export interface EvaluationReport extends EvaluationFigures {
  /** Where it was asked for: over the videos with an expected score, and those that count as `unparsedAs`. */
  readonly expected?: ExpectedFigures | undefined;
  readonly listed: number;
  readonly decoded: number;
  readonly parsed: number;
  /** Answers without a score that count as `unparsedAs` in the figures above; 0 where nothing was said. */
  readonly substituted: number;
  /** Listed videos that do not exist, as the manifest names them. */
  readonly absent: readonly string[];
  /** Of labels that are not on the scorer's scale: `rmse` and `mae` compare them as they are. */
  readonly warnings: readonly string[];
  /** One per listed video, in the manifest's order. */
  readonly predictions: readonly Prediction[];
}

interface Counting {
  /**
   * What an answer without a score counts as, in the model's units, as the released evaluation takes 3; default: it counts
   * in no figure. A video that is absent or cannot be read never counts.
   */
  readonly unparsedAs?: number | undefined;
}

interface Watched extends Counting {
  /** Absent videos come first, before any is decoded; then the others in the manifest's order. */
  readonly onPrediction?: ((prediction: Prediction, done: number) => void) | undefined;
}

export interface EvaluateOptions extends ScoreManyOptions, Watched {}

/**
 * @throws {EngineError} E_OPTION for the first entry that a list could not hold, before any video is opened; else as
 *   scoreMany. A video that is absent or cannot be read is counted and listed, not thrown.
 */
export function evaluate(
  model: Model,
  entries: readonly ManifestEntry[],
  options?: EvaluateOptions,
): Promise<EvaluationReport>;
export function evaluate(
  scorer: Scorer,
  entries: readonly ManifestEntry[],
  options?: BatchOptions & Watched,
): Promise<EvaluationReport>;
export async function evaluate(
  given: Scorer | Model,
  entries: readonly ManifestEntry[],
  options: EvaluateOptions = {},
): Promise<EvaluationReport> {
  // Looked at alone: predictions name the videos as they were given.
  const checked = givenEntries(entries, { option: "entries", otherwise: "readManifest reads a file's" });
  checkOptions(options, { ...scoreManyNames(given), onPrediction: true, unparsedAs: true });
  const { batchSize, signal, onPrediction, unparsedAs } = options;
  checkJournal(options);
  if (onPrediction !== undefined) checkFunction("onPrediction", onPrediction);
  if (unparsedAs !== undefined) checkUnparsedAs(unparsedAs);
  const scorer = scorerOf(given, options);
  const warnings = labelWarnings(checked, scorer.scale, { raw: true });
  const there = await present(entries);
  const predictions = new Array<Prediction>(entries.length);
  let done = 0;
  const give = (place: number, result: Result) => {
    const prediction = counted(predictionOf(entries[place] as ManifestEntry, result), unparsedAs);
    predictions[place] = prediction;
    onPrediction?.(prediction, ++done);
  };
  const placesWhere = (isThere: boolean) => [...entries.keys()].filter((place) => there[place] === isThere);
  const absent = placesWhere(false);
  const similar = await namesakes(absent.map((place) => (entries[place] as ManifestEntry).video));
  absent.forEach((place, i) => {
    const nothing = scorer.givesExpected
      ? { score: null, expected: null, expectedMass: null }
      : { score: null };
    give(place, { ...nothing, status: "absent", similar: similar[i] ?? undefined });
  });
  const found = placesWhere(true);
  const files = found.map((place) => (entries[place] as ManifestEntry).video);
  let next = 0;
  const journal = listed(options, found);
  const scored = scoreMany(scorer, files, { batchSize, signal, journal });
  for await (const result of scored) give(found[next++] as number, result);
  return report(predictions, warnings);
}

/** The journal counts by the list, in which absent videos have places, too. */
function listed({ journal }: BatchOptions, found: readonly number[]): Journal | undefined {
  const inList = (place: number) => found[place] as number;
  return (
    journal && {
      known: (place) => journal.known(inList(place)),
      keep: (results) => journal.keep(results.map(({ place, result }) => ({ place: inList(place), result }))),
    }
  );
}

type Result = Pick<Prediction, "score" | "expected" | "expectedMass" | "status" | "error" | "similar">;

function predictionOf(
  { video, name, score: target, scoreText }: ManifestEntry,
  { score, expected, expectedMass, status, error, similar }: Result,
): Prediction {
  const read = expected === undefined ? {} : { expected, expectedMass };
  const result = { video, name, target, targetText: scoreText, score, ...read, status, error };
  return similar === undefined ? result : { ...result, similar };
}

/** @throws {EngineError} E_OPTION for what is no finite number. */
export function checkUnparsedAs(value: unknown): number {
  return checkNumber("unparsedAs", value, -Number.MAX_VALUE, Number.MAX_VALUE);
}

/** The SRCC of predictions where answers without a score count as this; null where it is not defined. */
export function srccCounting(predictions: readonly Prediction[], unparsedAs: number): number | null {
  return report(predictions.map((prediction) => counted(prediction, unparsedAs))).srcc;
}

function counted(prediction: Prediction, unparsedAs: number | undefined): Prediction {
  const counts = unparsedAs !== undefined && prediction.status === "unparsed";
  return counts ? { ...prediction, countedAs: unparsedAs } : prediction;
}

/** The report of predictions that were made elsewhere. @param warnings  of their labels. */
export function report(
  predictions: readonly Prediction[],
  warnings: readonly string[] = [],
): EvaluationReport {
  const parsed = predictions.filter(({ score }) => score !== null);
  const substituted = predictions.filter(({ countedAs }) => countedAs !== undefined).length;
  const asked = predictions.filter(({ expected }) => expected !== undefined);
  const read = asked.filter(({ expected }) => expected !== null).length;
  return {
    ...figures(predictions, ({ score }) => score),
    ...(asked.length === 0
      ? {}
      : { expected: { ...figures(predictions, ({ expected }) => expected ?? null), read } }),
    listed: predictions.length,
    decoded: predictions.filter(({ status }) => status !== "failed" && status !== "absent").length,
    parsed: parsed.length,
    substituted,
    absent: predictions.flatMap(({ status, name, video }) => (status === "absent" ? (name ?? video) : [])),
    warnings,
    predictions,
  };
}

/** What each video counts with is its value, else what an answer without a score counts as. */
function figures(
  predictions: readonly Prediction[],
  said: (prediction: Prediction) => number | null,
): EvaluationFigures {
  const pairs = predictions.flatMap((prediction) => {
    const value = said(prediction) ?? prediction.countedAs;
    return value === undefined ? [] : [{ value, target: prediction.target }];
  });
  const values = pairs.map(({ value }) => value);
  const targets = pairs.map(({ target }) => target);
  const defined = (value: number) => (Number.isNaN(value) ? null : value);
  return {
    srcc: defined(srcc(values, targets)),
    plcc: defined(plcc(values, targets)),
    krcc: defined(krcc(values, targets)),
    rmse: defined(rmse(values, targets)),
    mae: defined(mae(values, targets)),
  };
}
