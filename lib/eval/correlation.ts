/** How well predictions follow targets: SRCC, PLCC, KRCC, RMSE, MAE. Raw values, no logistic fit. */
import { optionError } from "../core/check.js";
import { mean, ranks } from "../core/stats.js";

/**
 * Pearson's linear correlation.
 *
 * @returns in [−1, 1]; NaN for fewer than two pairs and when one side is constant.
 * @throws {EngineError} E_OPTION for different lengths.
 */
export function plcc(predictions: ArrayLike<number>, targets: ArrayLike<number>): number {
  const count = pairCount(predictions, targets);
  if (count < 2) return Number.NaN;
  const x = centred(predictions);
  const y = centred(targets);
  const spread = Math.sqrt(dot(x, x) * dot(y, y));
  return spread === 0 ? Number.NaN : Math.min(1, Math.max(-1, dot(x, y) / spread));
}

/** Spearman's rank correlation: Pearson's of the ranks, ties sharing their mean rank. */
export function srcc(predictions: ArrayLike<number>, targets: ArrayLike<number>): number {
  pairCount(predictions, targets);
  return plcc(ranks(predictions), ranks(targets));
}

/** Kendall's rank correlation with ties counted out of both sides (tau-b). Time grows with the square. */
export function krcc(predictions: ArrayLike<number>, targets: ArrayLike<number>): number {
  const count = pairCount(predictions, targets);
  let agreement = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const x = Math.sign((predictions[i] ?? 0) - (predictions[j] ?? 0));
      const y = Math.sign((targets[i] ?? 0) - (targets[j] ?? 0));
      agreement += x * y;
      untiedX += Math.abs(x);
      untiedY += Math.abs(y);
    }
  }
  const pairs = Math.sqrt(untiedX) * Math.sqrt(untiedY);
  return pairs === 0 ? Number.NaN : agreement / pairs;
}

/** Root of the mean squared difference, in score units; NaN for no pairs. */
export function rmse(predictions: ArrayLike<number>, targets: ArrayLike<number>): number {
  return Math.sqrt(mean(differences(predictions, targets).map((difference) => difference ** 2)));
}

/** Mean absolute difference, in score units; NaN for no pairs. */
export function mae(predictions: ArrayLike<number>, targets: ArrayLike<number>): number {
  return mean(differences(predictions, targets).map(Math.abs));
}

function differences(predictions: ArrayLike<number>, targets: ArrayLike<number>): Float64Array {
  pairCount(predictions, targets);
  return Float64Array.from(predictions, (prediction, i) => prediction - (targets[i] ?? 0));
}

function pairCount(predictions: ArrayLike<number>, targets: ArrayLike<number>): number {
  if (predictions.length === targets.length) return predictions.length;
  throw optionError("targets.length", `${predictions.length}, one per prediction`, targets.length);
}

function centred(values: ArrayLike<number>): Float64Array {
  const centre = mean(values);
  return Float64Array.from(values, (value) => value - centre);
}

function dot(x: Float64Array, y: Float64Array): number {
  return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
}
