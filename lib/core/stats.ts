/** Moments, ranks and the error function, in double. Pure; knows nothing of videos. */

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum / values.length;
}

/**
 * Sum of squared deviations over (count − correction).
 *
 * @param correction  1 for the unbiased estimate, 0 for the population's variance.
 * @returns           NaN when count ≤ correction.
 */
export function variance(values: ArrayLike<number>, correction: 0 | 1): number {
  if (values.length <= correction) return Number.NaN;
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] ?? 0) - centre) ** 2;
  return sum / (values.length - correction);
}

/** Ranks from 1; equal values share the mean of their ranks. All NaN where one value is: it has no place among them. */
export function ranks(values: ArrayLike<number>): Float64Array {
  if (Array.from(values).some(Number.isNaN)) return new Float64Array(values.length).fill(Number.NaN);
  const order = Array.from({ length: values.length }, (_, i) => i);
  order.sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end++;
    for (let i = start; i < end; i++) result[order[i] ?? 0] = (start + end + 1) / 2;
    start = end;
  }
  return result;
}

/**
 * The error function, to about 1e-15.
 *
 * @source 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)): every term has the sign of x, so nothing cancels.
 */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Distribution function of the standard normal. */
export function normalCdf(x: number): number {
  return 0.5 * (1 + erf(x / Math.SQRT2));
}
