/**
 * How well predictions follow targets: SRCC, PLCC, KRCC, RMSE, MAE. Raw values, no logistic fit. A NaN on either side
 * makes each of them NaN, and what is no number at all is refused.
 */
import { optionError } from "../core/check.js";
import { mean, ranks } from "../core/stats.js";

/**
 * Pearson's linear correlation.
 *
 * @returns in [−1, 1]; NaN for fewer than two pairs and when one side is constant.
 * @throws {EngineError} E_OPTION for different lengths and for what is no number.
 */
export function plcc(predictions: ArrayLike<number>, targets: ArrayLike<number>): number {
  const count = pairCount(predictions, targets);
  if (count < 2 || constant(predictions) || constant(targets)) return Number.NaN;
  const x = unitDeviations(predictions);
  const y = unitDeviations(targets);
  return whole(dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)));
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
      const x = order(predictions[i] as number, predictions[j] as number);
      const y = order(targets[i] as number, targets[j] as number);
      agreement += x * y;
      untiedX += Math.abs(x);
      untiedY += Math.abs(y);
    }
  }
  // One root of the product: of a square it is exact, which two roots multiplied are not.
  const pairs = Math.sqrt(untiedX * untiedY);
  return pairs === 0 ? Number.NaN : whole(agreement / pairs);
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
  for (const [option, values] of Object.entries({ predictions, targets })) {
    if (!Number.isInteger(Object(values).length)) throw optionError(option, "a list of numbers", values);
    for (let i = 0; i < values.length; i++)
      if (typeof values[i] !== "number") throw optionError(`${option}[${i}]`, "a number", values[i]);
  }
  if (predictions.length === targets.length) return predictions.length;
  throw optionError("targets.length", `${predictions.length}, one per prediction`, targets.length);
}

/** Deviations from a mean that is not exact would be no zeros. */
function constant(values: ArrayLike<number>): boolean {
  return Array.from(values).every((value) => value === values[0]);
}

/** −1, 0 or 1; of infinities too, whose difference says nothing. */
function order(a: number, b: number): number {
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Number(a > b) - Number(a < b);
}

/** Deviations from the mean, the largest of them about 1: no sum or square of them leaves a double's range. */
function unitDeviations(values: ArrayLike<number>): Float64Array {
  const unit = powerBelow(values);
  const scaled = Float64Array.from(values, (value) => value / unit);
  const centre = mean(scaled);
  const deviations = scaled.map((value) => value - centre);
  const widest = powerBelow(deviations);
  return deviations.map((deviation) => deviation / widest);
}

/** The power of two at or about the greatest magnitude: a division by it is exact. */
function powerBelow(values: ArrayLike<number>): number {
  const greatest = Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return 2 ** Math.min(1023, Math.floor(Math.log2(greatest)));
}

/** Within [−1, 1], which a rounded quotient may leave. */
function whole(correlation: number): number {
  return Math.min(1, Math.max(-1, correlation));
}

function dot(x: Float64Array, y: Float64Array): number {
  return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
}
