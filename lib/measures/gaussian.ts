/** Multivariate Gaussians of block features, and the distance of two. Pure; knows no picture. */
import { symmetricEigen } from "./symmetric-eigen.js";

/** A Gaussian of n dimensions. */
export interface Gaussian {
  /** [n] */
  readonly mean: Float64Array;
  /** [n, n], symmetric. */
  readonly covariance: Float64Array;
}

/**
 * The Gaussian of rows: a NaN counts in no mean, and a row that has one in no covariance, which is over one less than the
 * rows and 0 with a single one.
 *
 * @param rows  [rows, n] end to end.
 * @returns     null where a dimension has no number, or no row is whole.
 */
export function gaussianOf(rows: Float64Array, n: number): Gaussian | null {
  const all = Array.from({ length: rows.length / n }, (_, i) => rows.subarray(i * n, (i + 1) * n));
  const whole = all.filter((row) => !row.some(Number.isNaN));
  if (whole.length === 0) return null;
  const mean = new Float64Array(n);
  for (let j = 0; j < n; j++) mean[j] = meanOf(all, j, (value) => !Number.isNaN(value));
  const own = Float64Array.from({ length: n }, (_, j) => meanOf(whole, j));
  const covariance = new Float64Array(n * n);
  if (whole.length > 1)
    for (const row of whole)
      for (let i = 0; i < n; i++) {
        const part = ((row[i] as number) - (own[i] as number)) / (whole.length - 1);
        for (let j = 0; j < n; j++) {
          const at = i * n + j;
          covariance[at] = (covariance[at] as number) + part * ((row[j] as number) - (own[j] as number));
        }
      }
  return { mean, covariance: symmetric(covariance, n) };
}

function meanOf(rows: readonly Float64Array[], column: number, counts = (_value: number) => true): number {
  let [sum, count] = [0, 0];
  for (const row of rows) {
    const value = row[column] as number;
    if (!counts(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

/** Rounding makes the halves differ in the last bit. */
function symmetric(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((value, at) => {
    const other = matrix[(at % n) * n + Math.floor(at / n)] as number;
    return (value + other) / 2;
  });
}

/**
 * √(dᵀ ((Σ₁ + Σ₂)/2)⁺ d) with d = μ₁ − μ₂: equation 10 of NIQE's paper. The pseudo-inverse leaves out what is below n · 2⁻⁵² of
 * the largest eigenvalue.
 */
export function gaussianDistance(one: Gaussian, other: Gaussian): number {
  const n = one.mean.length;
  const { values, vectors } = symmetricEigen(
    one.covariance.map((value, i) => (value + (other.covariance[i] as number)) / 2),
  );
  const least = n * Number.EPSILON * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let sum = 0;
  values.forEach((value, i) => {
    if (Math.abs(value) <= least) return;
    const vector = vectors.subarray(i * n, (i + 1) * n);
    const along = vector.reduce(
      (all, v, j) => all + v * ((one.mean[j] as number) - (other.mean[j] as number)),
      0,
    );
    sum += along ** 2 / value;
  });
  return Math.sqrt(sum);
}
