/** A manifest's videos scored and compared with their targets. */
import type { ManifestEntry } from "../data/manifest.js";
import { type ScoreManyOptions, scoreMany } from "../infer/score-many.js";
import type { ScoreStatus } from "../infer/video-score.js";
import type { Model } from "../model/types.js";
import { krcc, mae, plcc, rmse, srcc } from "./correlation.js";

export interface Prediction {
  readonly video: string;
  /** As the manifest has it, on the manifest's own scale. */
  readonly target: number;
  readonly score: number | null;
  readonly status: ScoreStatus;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Correlations over the videos with a score; null where they are not defined (fewer than two, or all equal). */
export interface EvaluationReport {
  readonly srcc: number | null;
  readonly plcc: number | null;
  readonly krcc: number | null;
  /** Of raw values: meaningful where predictions and targets share a scale. No logistic fit. */
  readonly rmse: number | null;
  readonly mae: number | null;
  readonly listed: number;
  readonly decoded: number;
  readonly parsed: number;
  readonly predictions: readonly Prediction[];
}

export interface EvaluateOptions extends ScoreManyOptions {
  readonly onPrediction?: (prediction: Prediction, done: number) => void;
}

/** @throws as scoreMany; a video that cannot be read is counted and listed, not thrown. */
export async function evaluate(
  model: Model,
  entries: readonly ManifestEntry[],
  options: EvaluateOptions = {},
): Promise<EvaluationReport> {
  const predictions: Prediction[] = [];
  for await (const result of scoreMany(
    model,
    entries.map(({ video }) => video),
    options,
  )) {
    const entry = entries[predictions.length];
    const { score, status, error } = result;
    const prediction = {
      video: result.file,
      target: entry?.score ?? Number.NaN,
      score,
      status,
      ...(error === undefined ? {} : { error }),
    };
    predictions.push(prediction);
    options.onPrediction?.(prediction, predictions.length);
  }
  return report(predictions);
}

/** The report of predictions that were made elsewhere. */
export function report(predictions: readonly Prediction[]): EvaluationReport {
  const parsed = predictions.filter((prediction) => prediction.score !== null);
  const scores = parsed.map(({ score }) => score ?? Number.NaN);
  const targets = parsed.map(({ target }) => target);
  const defined = (value: number) => (Number.isNaN(value) ? null : value);
  return {
    srcc: defined(srcc(scores, targets)),
    plcc: defined(plcc(scores, targets)),
    krcc: defined(krcc(scores, targets)),
    rmse: defined(rmse(scores, targets)),
    mae: defined(mae(scores, targets)),
    listed: predictions.length,
    decoded: predictions.filter(({ status }) => status !== "failed").length,
    parsed: parsed.length,
    predictions,
  };
}
