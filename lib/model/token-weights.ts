/**
 * What each completion token counts in a step's loss, which is a sum of weight · term over all tokens of the step: what
 * is averaged over what is decided here. In double, because the engine multiplies in double. Pure.
 */

/** From the length of every completion of a step to one weight per token, end to end. */
export type TokenWeighting = (lengths: readonly number[]) => Float64Array;

/** The mean over completions of the mean over their tokens. @source GRPO, Shao et al. 2024 */
export const meanOfMeans: TokenWeighting = (lengths) =>
  each(lengths, (length) => 1 / (lengths.length * length));

/** One constant, whatever the lengths. @source Dr. GRPO, Liu et al. 2025 */
export function oneWeight(weight: number): TokenWeighting {
  return (lengths) => each(lengths, () => weight);
}

/**
 * The mean over completions of the sum over their tokens, divided by one constant.
 *
 * @param divisor  1: LUSPO; the most tokens of a completion: Dr. GRPO.
 */
export function meanOfSums(divisor: number): TokenWeighting {
  return (lengths) => oneWeight(1 / (lengths.length * divisor))(lengths);
}

/** The mean over all tokens. @source DAPO, Yu et al. 2025 */
export const tokenMean: TokenWeighting = (lengths) => oneWeight(1 / sum(lengths))(lengths);

/**
 * Shares of given weights. Both factors are rounded to float32: their product in double is exact, so that the engine's
 * float32 coefficients are those of one float32 product.
 */
export function givenWeights(weights: Float32Array): TokenWeighting {
  const share = Math.fround(1 / sum(weights));
  return () => Float64Array.from(weights, (weight) => weight * share);
}

function each(lengths: readonly number[], weight: (length: number) => number): Float64Array {
  return Float64Array.from(lengths.flatMap((length) => new Array<number>(length).fill(weight(length))));
}

export function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value, 0);
}
